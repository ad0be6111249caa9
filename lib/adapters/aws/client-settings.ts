/**
 * How every client of AWS behaves. A server that accepts and stays silent ends after the request's time, not with the
 * function's; `standard` tries three times, with growing pauses.
 */
export const clientSettings = {
  retryMode: 'standard',
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 3_000,
    // Longer than the longest poll of a queue (20 s).
    requestTimeout: 30_000,
    throwOnRequestTimeout: true,
    socketTimeout: 30_000,
  },
} as const
