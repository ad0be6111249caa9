import type { DocumentKind } from '../screening/kernel/document-kinds.ts'
import type { ResultDocument } from '../screening/result-documents/result-document.ts'
import type { DeliveryTarget } from './delivery-config.ts'
import type { NothingToSendCode } from './delivery-outcome.ts'

interface Contents {
  /** What screening must be asked for, so that there is something to send. */
  readonly kinds: readonly DocumentKind[]
  readonly isSent: (name: string) => boolean
}

/** Which of a result's documents a kind of target gets; a webhook gets an event, and no document. */
const contents: Record<DeliveryTarget['kind'], Contents> = {
  webhook: { kinds: [], isSent: () => false },
}

export const kindsNeededBy = ({ kind }: Pick<DeliveryTarget, 'kind'>): readonly DocumentKind[] => contents[kind].kinds

/** Names of the documents that the target gets of this result. */
export const namesSentTo = (
  { kind }: Pick<DeliveryTarget, 'kind'>,
  { documents }: Pick<ResultDocument, 'documents'>,
): string[] => documents.filter(contents[kind].isSent)

/** Why the target gets nothing of this result; null when it gets something. */
export function nothingToSend(
  target: Pick<DeliveryTarget, 'kind'>,
  result: Pick<ResultDocument, 'documents' | 'requestedDocuments'>,
): NothingToSendCode | null {
  const { kinds } = contents[target.kind]
  if (kinds.length === 0 || namesSentTo(target, result).length > 0) return null
  return kinds.some((kind) => result.requestedDocuments.includes(kind)) ? 'image-has-none' : 'not-asked-for'
}
