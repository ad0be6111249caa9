import type { CloudMessage } from '../../lib/delivery/cloud-message.ts'
import type { CloudTarget } from '../../lib/delivery/cloud-target.ts'
import { getsEvent, namesSentTo, nothingToSend } from '../../lib/delivery/delivery-contents.ts'
import type { NothingToSendCode, RefusalReason } from '../../lib/delivery/delivery-outcome.ts'
import { parseResult } from '../../lib/delivery/parse-result.ts'
import { refusalOf, type TellingRules } from '../../lib/delivery/telling-gate.ts'
import { ObjectNotFoundError, type ObjectStore, type StudySummary } from '../../lib/screening/kernel/ports.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { summarizeStudy } from '../../lib/screening/result-documents/study-event.ts'
import { readStudyInBucket } from '../../lib/screening/result-documents/study-result/bucket-studies.ts'
import { isSuperseded } from './is-superseded.ts'

/** The result that a message tells of, or why it is not to be sent. */
export type LoadedResult =
  | { readonly kind: 'result'; readonly result: ResultDocument }
  | { readonly kind: 'not-to-be-sent'; readonly why: 'superseded' | 'before-since' }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }

/** The documents of a result that a target gets. */
export type LoadedDocuments =
  | { readonly kind: 'documents'; readonly documents: ReadonlyMap<string, Uint8Array> }
  | { readonly kind: 'nothing-to-send'; readonly code: NothingToSendCode }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }

/** Results are written before they are told of, and never over: what is not there was deleted. */
export async function loadResult(
  store: ObjectStore,
  target: CloudTarget,
  { time, detail: { tenant, resultKey } }: CloudMessage,
): Promise<LoadedResult> {
  const bytes = await getIfThere(store, resultKey)
  if (!bytes) return { kind: 'refused', reason: 'result-missing' }
  const result = parseResult(bytes)
  if (!result) return { kind: 'refused', reason: 'unreadable-result' }
  if (target.since !== null && Date.parse(result.analysedAt) < Date.parse(target.since)) {
    return { kind: 'not-to-be-sent', why: 'before-since' }
  }
  if (await isSuperseded(store, tenant, result, { resultKey, toldAt: time })) {
    return { kind: 'not-to-be-sent', why: 'superseded' }
  }
  return { kind: 'result', result }
}

export async function loadDocuments(
  store: ObjectStore,
  { target, rules }: { readonly target: CloudTarget; readonly rules: TellingRules },
  result: ResultDocument,
  resultKey: string,
): Promise<LoadedDocuments> {
  const code = nothingToSend(target, result)
  if (code) return { kind: 'nothing-to-send', code }
  const reason = refusalOf(result, rules)
  if (reason) return { kind: 'refused', reason }
  const documents = new Map<string, Uint8Array>()
  for (const name of namesSentTo(target, result)) {
    const bytes = await getIfThere(store, resultKey.replace(/result\.json$/, name))
    if (!bytes) return { kind: 'refused', reason: 'result-missing' }
    documents.set(name, bytes)
  }
  return { kind: 'documents', documents }
}

/** What its study says by now, for a target that gets an event: the worker has derived it before it told of the result. */
export async function loadStudy(
  store: ObjectStore,
  target: CloudTarget,
  { detail }: CloudMessage,
  { source }: ResultDocument,
): Promise<StudySummary | null> {
  if (!getsEvent(target) || !source?.studyInstanceUid) return null
  const study = await readStudyInBucket(store, detail.tenant, source.studyInstanceUid)
  return study ? summarizeStudy(study) : detail.study
}

async function getIfThere(store: ObjectStore, key: string): Promise<Uint8Array | null> {
  try {
    return await store.get(key)
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null
    throw error
  }
}
