import type { ZodError } from 'zod'

/** What a schema finds wrong, in one line: where, and what. */
export const describeIssues = ({ issues }: Pick<ZodError, 'issues'>): string =>
  issues.map(({ path, message }) => `${path.join('.') || 'document'}: ${message}`).join('; ')
