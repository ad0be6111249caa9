import * as z from 'zod'
import { textUpTo } from './text-up-to.ts'
import { studyId } from './worklist.ts'

export const uploadRequest = z
  .strictObject({
    name: textUpTo(255).min(1).describe('The name of the file, without its folder'),
    sizeBytes: z.number().int().positive().max(Number.MAX_SAFE_INTEGER),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .describe(
        'Of the whole file, in hexadecimal. With it the file goes in parts; who asks again with it goes on with the parts that are missing, after a broken connection, a reload or from another browser',
      ),
  })
  .meta({ id: 'UploadRequest' })

export const uploadId = z.uuid()

export const uploadPart = z
  .strictObject({
    number: z.number().int().positive().describe('From 1 on'),
    firstByte: z.number().int().nonnegative().describe('Where it begins in the file'),
    sizeBytes: z.number().int().positive(),
    href: z.string().describe('Where its bytes go, with PUT; where that is no longer taken, ask for the upload again'),
  })
  .meta({ id: 'UploadPart' })

export const upload = z
  .strictObject({
    uploadId,
    href: z.string().describe('Where the bytes go whole, with PUT; empty where they go in parts'),
    parts: z
      .array(uploadPart)
      .nullable()
      .describe('The parts that are missing, told to who asks for the upload; null where the file goes whole'),
    state: z.enum(['granted', 'screening', 'done']),
    studyId: studyId.nullable().describe('The row that it became; null before that, and of a file that is no picture'),
    rejection: z
      .strictObject({ code: z.string(), remedy: z.string() })
      .nullable()
      .describe('Why it was not analysed, and what to do about it'),
  })
  .meta({ id: 'Upload' })

export type UploadRequest = z.infer<typeof uploadRequest>
export type UploadPart = z.infer<typeof uploadPart>
export type Upload = z.infer<typeof upload>
