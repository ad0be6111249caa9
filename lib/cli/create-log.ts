import { displayPath } from '../adapters/embedded/path-bytes.ts'
import type { Log } from '../embedded/log.ts'

export type LogFormat = 'text' | 'json'

/** Logs go to standard error, so that standard output stays for results. Text shows warnings and errors only. */
export function createLog(format: LogFormat): Log {
  return (level, event, fields = {}) => {
    if (format === 'json') {
      process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`)
    } else if (level !== 'info') {
      const details = Object.entries(fields).map(([name, value]) => `${name}=${displayPath(String(value))}`)
      process.stderr.write(`${level}: ${[event, ...details].join(' ')}\n`)
    }
  }
}
