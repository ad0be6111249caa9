import { once } from 'node:events'
import { radiographSopClasses } from '../../screening/radiograph/suitability.ts'
import { decodedTransferSyntaxes } from '../../screening/radiograph/transfer-syntax.ts'
import { type KeptObject, ObjectTooLargeError } from '../embedded/arriving-file.ts'
import type { Inbox } from '../embedded/inbox.ts'
import { identifyingBytes, identifyObject, type ObjectIdentity } from './identify-object.ts'
import { failureReasons, type StoreOutcome } from './store-answer.ts'

export interface StoreParts {
  readonly inbox: Inbox
  /** The study that the request is for; null for any. */
  readonly studyInstanceUid: string | null
  readonly onKept: (kept: KeptObject) => void
  readonly onNotKept: (cause: unknown) => void
}

/**
 * Puts one object into the inbox, or says why not. @throws what its source throws: nothing of it is kept then
 */
export async function storePart(body: AsyncIterable<Buffer>, parts: StoreParts): Promise<StoreOutcome> {
  const { inbox, onKept, onNotKept } = parts
  const file = inbox.receive()
  const head: Buffer[] = []
  let headBytes = 0
  try {
    for await (const chunk of body) {
      if (headBytes < identifyingBytes) {
        head.push(chunk)
        headBytes += chunk.length
      }
      if (!file.write(chunk)) await once(file, 'drain')
    }
  } catch (error) {
    file.destroy()
    throw error
  }
  const identity = identifyObject(Buffer.concat(head))
  const refusal = refusalOf(identity, parts.studyInstanceUid)
  if (refusal !== null) {
    file.destroy()
    onNotKept(null)
    return { identity, failure: refusal }
  }
  try {
    onKept(await file.keep())
    return { identity, failure: null }
  } catch (error) {
    onNotKept(error)
    const { cannotUnderstand, outOfResources } = failureReasons
    return { identity, failure: error instanceof ObjectTooLargeError ? cannotUnderstand : outOfResources }
  }
}

function refusalOf(identity: ObjectIdentity | null, studyInstanceUid: string | null): number | null {
  if (!identity) return failureReasons.cannotUnderstand
  if (!radiographSopClasses.includes(identity.sopClassUid)) return failureReasons.sopClassNotSupported
  if (!decodedTransferSyntaxes.includes(identity.transferSyntaxUid)) return failureReasons.transferSyntaxNotSupported
  if (studyInstanceUid !== null && identity.studyInstanceUid !== studyInstanceUid) return failureReasons.notOfThisStudy
  return null
}
