import * as z from 'zod'

/** A text of so many characters at most, as JSON Schema counts them: one that takes two code units of UTF-16 is one. */
export const textUpTo = (maxLength: number) =>
  z
    .string()
    .refine((text) => [...text].length <= maxLength, `at most ${maxLength} characters`)
    .meta({ maxLength })
