/** Writes one fact about the program's run. Identifiers of ours only: never names, dates of birth or the sender's keys. */
export type Log = (level: 'info' | 'warn' | 'error', event: string, fields?: Record<string, unknown>) => void
