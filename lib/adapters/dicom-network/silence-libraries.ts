import { createRequire } from 'node:module'
import dimse from 'dcmjs-dimse'

interface Logger {
  disableAll(): void
  getLoggers(): Readonly<Record<string, Logger>>
}

/**
 * The libraries print every request, and pieces of what they cannot read, which may name a patient: what is logged is
 * ours to decide. dcmjs has a logger of its own, in the copy that dcmjs-dimse loads.
 */
export function silenceLibraries(): void {
  const require = createRequire(import.meta.url)
  const dcmjs: { log: Logger } = createRequire(require.resolve('dcmjs-dimse'))('dcmjs')
  for (const log of [dimse.log as unknown as Logger, dcmjs.log]) {
    log.disableAll()
    for (const child of Object.values(log.getLoggers())) child.disableAll()
  }
}
