import { StringDecoder } from 'node:string_decoder'
import { createLog, type LogFormat } from './create-log.ts'
import type { Failure } from './failed-program.ts'

/** What `--log` says, also when the rest of the arguments cannot be parsed. */
export function logFormatOf(args: readonly string[]): LogFormat {
  const at = args.indexOf('--log')
  return args.includes('--log=json') || (at >= 0 && args[at + 1] === 'json') ? 'json' : 'text'
}

/**
 * Makes every line of standard error one JSON object: also what libraries, Node itself and screening processes write.
 * To be called once, at the start.
 */
export function keepStandardErrorJson(): void {
  const write = process.stderr.write.bind(process.stderr)
  let begun = ''
  const asJson = (line: string) => {
    if (line.trim() === '') return
    write(`${isJsonObject(line) ? line : JSON.stringify({ ...stamp('warn', 'standard-error'), text: line })}\n`)
  }
  const decoder = new StringDecoder('utf8')
  process.stderr.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    const lines = (begun + (typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk)))).split('\n')
    begun = lines.pop()!
    lines.forEach(asJson)
    const written = rest.at(-1)
    if (typeof written === 'function') process.nextTick(written)
    return true
  }) as typeof process.stderr.write
  process.on('exit', () => asJson(begun))
  process.removeAllListeners('warning')
  process.on('warning', ({ message }) => createLog('json')('warn', 'node-warning', { message }))
}

/** Tells of the end of the program, in the format of its log. */
export function writeFailure(format: LogFormat, { message, stack }: Failure): void {
  if (format === 'json') createLog('json')('error', 'failed', stack ? { message, stack } : { message })
  else process.stderr.write(`pleura: ${stack ?? message}\n`)
}

const stamp = (level: string, event: string) => ({ time: new Date().toISOString(), level, event })

function isJsonObject(line: string): boolean {
  try {
    const value = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
