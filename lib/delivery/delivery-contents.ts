import type { DocumentKind } from '../screening/kernel/document-kinds.ts'
import { fhirName } from '../screening/result-documents/fhir-bundle/fhir-name.ts'
import type { ResultDocument } from '../screening/result-documents/result-document.ts'
import type { CloudTargetOfKind } from './cloud-target.ts'
import type { SenderTarget } from './delivery-config.ts'
import type { NothingToSendCode } from './delivery-outcome.ts'

export const oruName = 'oru.hl7'

/** A target, wherever it is sent from. */
export type AnyTarget = SenderTarget | CloudTargetOfKind<'eventbridge'>

interface Contents {
  /** What screening must be asked for, so that there is something to send. */
  readonly kinds: readonly DocumentKind[]
  readonly names: readonly string[]
}

/** Which of a result's documents a target gets; a webhook or a bus gets an event, and no document. */
function contentsOf(target: AnyTarget): Contents {
  switch (target.kind) {
    case 'webhook':
    case 'eventbridge':
      return { kinds: [], names: [] }
    case 'fhir':
      return { kinds: ['fhir-bundle'], names: [fhirName] }
    case 'mllp':
      return { kinds: ['hl7-message'], names: [oruName] }
    case 'stow':
    case 'c-store':
      return { kinds: target.objects, names: target.objects.map((kind) => `${kind}.dcm`) }
  }
}

/** Whether the target is told of a result, and gets none of its documents. */
export const getsEvent = (target: AnyTarget): boolean => contentsOf(target).kinds.length === 0

export const kindsNeededBy = (target: AnyTarget): readonly DocumentKind[] => contentsOf(target).kinds

/** Names of the documents that the target gets of this result. */
export function namesSentTo(target: AnyTarget, { documents }: Pick<ResultDocument, 'documents'>): string[] {
  const { names } = contentsOf(target)
  return documents.filter((name) => names.includes(name))
}

/** Why the target gets nothing of this result; null when it gets something. */
export function nothingToSend(
  target: AnyTarget,
  result: Pick<ResultDocument, 'documents' | 'requestedDocuments'>,
): NothingToSendCode | null {
  const { kinds } = contentsOf(target)
  if (getsEvent(target) || namesSentTo(target, result).length > 0) return null
  return kinds.some((kind) => result.requestedDocuments.includes(kind)) ? 'image-has-none' : 'not-asked-for'
}
