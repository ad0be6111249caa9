import { ConfigurationError } from '../screening/kernel/errors.ts'

/** Every input was analysed / the program failed / some were not analysed / something found wants attention. */
export const exitCodes = { done: 0, failed: 1, someNotAnalysed: 2, attention: 3 } as const

/** Says why the program ends: a configuration error in its own words, a defect with its stack. */
export function describeFailure(error: unknown): string {
  const isOurs = (error as Error).name === ConfigurationError.name
  return isOurs ? (error as Error).message : ((error as Error).stack ?? String(error))
}
