import { TransientError } from '../../screening/kernel/errors.ts'

interface SdkError {
  readonly name?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** The HTTP status with which the service answered; undefined when no answer came. */
export const statusOf = (error: unknown): number | undefined => (error as SdkError).$metadata?.httpStatusCode

/** Throttling that services answer with status 400. */
const throttlingNames = new Set([
  'KmsThrottled',
  'KMSThrottlingException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
])

/** What no repetition cures, though no server has answered. */
const ownFaults = new Set(['CredentialsProviderError', 'TypeError', 'RangeError', 'ReferenceError', 'SyntaxError'])

/**
 * True when the same request may succeed later: no answer (a broken or silent connection, a body cut short), a failing
 * server, throttling. Judged by status and the error's name, never by the message's text.
 */
export function isTransient(error: unknown): boolean {
  const name = (error as SdkError).name ?? ''
  if (throttlingNames.has(name)) return true
  if (ownFaults.has(name)) return false
  const status = statusOf(error)
  // 200 with an error: the body broke off or failed its checksum after a good header.
  return status === undefined || status < 300 || status === 408 || status === 429 || status >= 500
}

/** Runs one request of a client. @throws {TransientError} when it may succeed later; otherwise what the client threw */
export async function request<Result>(what: string, send: () => Promise<Result>): Promise<Result> {
  try {
    return await send()
  } catch (error) {
    if (isTransient(error)) throw new TransientError(`${what} failed for now`, { cause: error })
    throw error
  }
}
