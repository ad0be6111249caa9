import type { StudyEvent } from '../screening/kernel/ports.ts'
import type { Delivery } from './sender.ts'

/**
 * What a target without documents is told of a result: pointers only, no patient data. Its study is that of the moment of
 * sending: an attempt that comes late must not tell of a study what was true before another image was suspected.
 */
export function eventOf({
  tenant,
  result: { imageId, outcome, discordant, reason },
  lane,
  resultKey,
  study,
}: Omit<Delivery, 'key' | 'documents'>): StudyEvent {
  return {
    schemaVersion: 1,
    tenant,
    imageId,
    outcome,
    discordant,
    reason: reason?.code ?? null,
    lane,
    resultKey,
    study,
  }
}
