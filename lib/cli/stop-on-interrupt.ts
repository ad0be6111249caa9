import { createLog, type LogFormat } from './create-log.ts'

/** Ctrl-C, or a polite request to end, stops a run after what is under way; the second one ends it at once. */
export function stopOnInterrupt(format: LogFormat): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      if (format === 'json') createLog(format)('info', 'ending', { signal })
      else process.stderr.write('\nEnding after what is under way. Ctrl-C again ends at once.\n')
      stop.abort()
    })
  }
  return stop.signal
}
