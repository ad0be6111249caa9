import { isMainThread } from 'node:worker_threads'
import { ConfigurationError } from '../../screening/kernel/errors.ts'

const telemetrySwitch = 'ORT_DISABLE_TELEMETRY'

/**
 * Turns off what onnxruntime collects unless told otherwise: from 1.30 on it reads the machine's id, keeps a database
 * of events in the user's cache and looks up a host of its vendor's. It asks this switch once, when a process creates
 * its first session. A worker thread has a copy of the environment that native code does not see, so there this can
 * only check: whoever starts the thread calls it first.
 * @throws {ConfigurationError} in a thread whose process did not turn it off
 */
export function disableTelemetry(): void {
  if (process.env[telemetrySwitch] === '1') return
  if (!isMainThread) {
    throw new ConfigurationError(
      `onnxruntime would collect: ${telemetrySwitch} is '${process.env[telemetrySwitch] ?? ''}', expected '1'. Call disableTelemetry() before the thread starts.`,
    )
  }
  process.env[telemetrySwitch] = '1'
}
