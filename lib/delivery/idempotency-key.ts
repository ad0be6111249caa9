import { sha256Hex } from '../screening/kernel/identifiers.ts'
import type { ResultDocument } from '../screening/result-documents/result-document.ts'
import { type AnyTarget, namesSentTo } from './delivery-contents.ts'

/**
 * Names a delivery, in every attempt the same: this result, as far as it is sent, to this target. Another screening
 * key, version or set of documents sent is another delivery. Nothing of a patient can be read from it.
 */
export function idempotencyKeyOf(tenant: string, target: AnyTarget, result: ResultDocument) {
  const { imageId, screeningKey, software } = result
  const names = namesSentTo(target, result)
  return sha256Hex(
    JSON.stringify([tenant, target.kind, target.name, imageId, screeningKey, software.version, names]),
  ).slice(0, 32)
}
