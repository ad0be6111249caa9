import type { DeliveryConfig, DeliveryTarget } from '../../delivery/delivery-config.ts'
import { getsEvent, namesSentTo, nothingToSend } from '../../delivery/delivery-contents.ts'
import type { DeliveryMessage } from '../../delivery/delivery-message.ts'
import type { NothingToSendCode, RefusalReason } from '../../delivery/delivery-outcome.ts'
import { idempotencyKeyOf } from '../../delivery/idempotency-key.ts'
import { parseResult } from '../../delivery/parse-result.ts'
import type { Delivery } from '../../delivery/sender.ts'
import { refusalOf } from '../../delivery/telling-gate.ts'
import { ObjectNotFoundError, type ObjectStore, type StudySummary } from '../../screening/kernel/ports.ts'
import type { ScreeningMode } from '../../screening/kernel/screening-mode.ts'
import type { ResultDocument } from '../../screening/result-documents/result-document.ts'
import { summarizeStudy } from '../../screening/result-documents/study-event.ts'
import { deriveStudyResult } from '../../screening/result-documents/study-result/keep-study-result.ts'
import { resultKey } from '../../screening/result-documents/write-result.ts'
import { studyPlaceOf } from '../folder-study-results.ts'

/** What stands on disk for a delivery that is due. */
export type Loaded =
  | { readonly kind: 'delivery'; readonly delivery: Delivery }
  | { readonly kind: 'nothing-to-send'; readonly code: NothingToSendCode }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  /** Another result of the image stands now: that one is to be sent. */
  | { readonly kind: 'superseded'; readonly by: ResultDocument }
  /** Not there, or being written just now. */
  | { readonly kind: 'missing' }

/**
 * Reads a result and what the target gets of it, as one: result.json is the last to be written and the first to be
 * removed, so what lay between two equal readings of it belongs to it.
 */
export async function loadDelivery(
  store: ObjectStore,
  { tenant, mode, deidentified }: Pick<DeliveryConfig, 'tenant' | 'mode' | 'deidentified'>,
  target: DeliveryTarget,
  { key, imageId }: Pick<DeliveryMessage, 'key' | 'imageId'>,
): Promise<Loaded> {
  try {
    const bytes = await store.get(resultKey(imageId))
    const result = parseResult(bytes)
    if (!result) return { kind: 'refused', reason: 'unreadable-result' }
    if (idempotencyKeyOf(tenant, target, result) !== key) return { kind: 'superseded', by: result }
    const code = nothingToSend(target, result)
    if (code) return { kind: 'nothing-to-send', code }
    const reason = refusalOf(result, { mode, deidentified })
    if (reason) return { kind: 'refused', reason }
    const documents = new Map<string, Uint8Array>()
    for (const name of namesSentTo(target, result)) documents.set(name, await store.get(`${imageId}/${name}`))
    const study = getsEvent(target) ? await studyOf(store, result, mode) : null
    if (!Buffer.from(await store.get(resultKey(imageId))).equals(bytes)) return { kind: 'missing' }
    const delivery = { key, tenant, result, lane: 'routine' as const, resultKey: resultKey(imageId), documents, study }
    return { kind: 'delivery', delivery }
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return { kind: 'missing' }
    throw error
  }
}

/**
 * Derived anew: study.json may not know yet of a result that a scan has found. A folder of a version that kept no studies
 * knows nothing of this one's other images, and says nothing.
 */
async function studyOf(
  store: ObjectStore,
  { imageId, source }: ResultDocument,
  mode: ScreeningMode,
): Promise<StudySummary | null> {
  if (!source?.studyInstanceUid) return null
  const study = await deriveStudyResult(store, studyPlaceOf(source.studyInstanceUid), mode)
  const isKnown = study.images.some((image) => image.imageId === imageId) || study.warnings.includes('too-many-images')
  return isKnown ? summarizeStudy(study) : null
}
