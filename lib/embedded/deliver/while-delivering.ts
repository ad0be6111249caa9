import { kindsNeededBy } from '../../delivery/delivery-contents.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { ScreeningSettings } from '../screening-settings.ts'
import type { Ending } from './courier.ts'
import type { Deliveries } from './deliveries.ts'
import type { ReadDeliveryConfig } from './read-delivery-config.ts'

/**
 * The settings under which what is screened can be delivered: the documents that the targets get are made.
 * @throws {ConfigurationError} when the targets are to get a flag only, and screening would tell a place; or de-identified
 * results only, and screening would name the patient
 */
export function settingsToDeliver(
  settings: ScreeningSettings,
  { mode, deidentified, targets }: ReadDeliveryConfig,
): ScreeningSettings {
  if (mode === 'triage' && settings.mode !== 'triage') {
    throw new ConfigurationError(
      'The targets are to get a flag only ("mode": "triage"), and --mode is full: nothing suspected would be sent. Add --mode triage.',
    )
  }
  if (deidentified && settings.deidentificationKey === null) {
    throw new ConfigurationError(
      'The targets are to get de-identified results only ("deidentified": true), and nothing is de-identified: nothing would be sent. Add --deidentify KEYFILE.',
    )
  }
  return { ...settings, documents: [...new Set([...settings.documents, ...targets.flatMap(kindsNeededBy)])] }
}

/**
 * Delivers while `work` makes results and enqueues them. When it has ended well, what still waits is tried once; what a
 * target does not take then stays in its queue.
 */
export async function whileDelivering<Result>(
  deliveries: Deliveries,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  let endBy: (ending: Ending) => void = () => {}
  const until = new Promise<Ending>((resolve) => {
    endBy = resolve
  })
  const stop = new AbortController()
  const delivering = deliveries
    .run({ follow: false, until, signal: AbortSignal.any([signal, stop.signal]) })
    .catch((error: unknown) => ({ error }))
  let result: Result
  try {
    result = await work()
  } catch (error) {
    stop.abort()
    await delivering
    throw error
  }
  endBy('when-tried')
  const failed = await delivering
  if (failed) throw failed.error
  return result
}
