import type { ZodError } from 'zod'

/** The issues of a failed validation in one line, each with the path of its field. */
export const describeIssues = ({ issues }: Pick<ZodError, 'issues'>): string =>
  issues.map(({ path, message }) => `${path.join('.') || 'document'}: ${message}`).join('; ')
