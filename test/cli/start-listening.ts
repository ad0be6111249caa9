import type { ChildProcess } from 'node:child_process'
import { type Ended, startPleura } from './run-pleura.ts'

export interface Listening {
  readonly process: ChildProcess
  readonly port: number
  /** Null without --stow-port. */
  readonly stowPort: number | null
  readonly ended: Promise<Ended>
  /** Ends it as an operator does. */
  readonly stop: () => Promise<Ended>
}

/** `pleura listen --out <out>` as a user starts it, once it listens. */
export async function startListening(out: string, ...more: string[]): Promise<Listening> {
  const { process, ended } = startPleura(
    ...['--log', 'json', 'listen', '--out', out, '--keep-free-mb', '1', '--concurrency', '1', '--json', ...more],
  )
  let log = ''
  const ports = await new Promise<{ dicom: number; stow: number | null }>((resolve, reject) => {
    process.stderr!.on('data', (chunk) => {
      log += chunk
      const line = log.split('\n').find((text) => text.includes('"listening"') && text.endsWith('}'))
      if (line) resolve(JSON.parse(line))
    })
    ended.then(({ stderr }) => reject(new Error(stderr)))
  })
  return {
    process,
    port: ports.dicom,
    stowPort: ports.stow,
    ended,
    stop() {
      process.kill('SIGTERM')
      return ended
    },
  }
}
