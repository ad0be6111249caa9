import type { StudyEvent } from '../screening/kernel/ports.ts'
import type { Delivery } from './sender.ts'

/** What a target without documents is told of a result: pointers only, no patient data. */
export function eventOf({
  tenant,
  result: { imageId, outcome, discordant, reason },
  lane,
  resultKey,
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
    // The same delivery is always the same body; what its study says changes with each further image.
    study: null,
  }
}
