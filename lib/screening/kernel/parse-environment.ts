import type * as z from 'zod'
import { ConfigurationError } from './errors.ts'

/**
 * Parses the environment variables of a program by its schema.
 * @throws {ConfigurationError} naming every variable that is missing or wrong
 */
export function parseEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): z.output<Schema> {
  const parsed = schema.safeParse(environment)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new ConfigurationError(`The environment is not complete. ${issues.join('; ')}. Set these variables.`)
}
