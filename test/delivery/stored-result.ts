import { FolderObjectStore } from '../../lib/adapters/embedded/folder-object-store.ts'
import type { Delivery } from '../../lib/delivery/sender.ts'
import type { Finding } from '../../lib/screening/finding/finding.ts'
import type { DocumentKind } from '../../lib/screening/kernel/document-kinds.ts'
import { sha256Hex } from '../../lib/screening/kernel/identifiers.ts'
import type { ObjectStore } from '../../lib/screening/kernel/ports.ts'
import { buildDocuments } from '../../lib/screening/result-documents/build-documents.ts'
import { buildResultDocument } from '../../lib/screening/result-documents/build-result-document.ts'
import type { DocumentSource, DocumentTools } from '../../lib/screening/result-documents/document-type.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { writeResult, writeResultOnce } from '../../lib/screening/result-documents/write-result.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { source, suspected } from '../result-documents/screened-image.ts'
import { MemoryObjectStore } from './memory-stores.ts'

/** Documents that are made without drawing. */
const undrawn: readonly DocumentKind[] = [
  'segmentation',
  'presentation-state',
  'structured-report',
  'fhir-bundle',
  'hl7-message',
]

export interface StoredOptions extends Partial<Omit<DocumentSource, 'imageId'>> {
  /** Tells images apart. */
  readonly name?: string
  /** For documents that are drawn. */
  readonly tools?: () => DocumentTools
}

const { classification } = suspected(true)
export const notSuspected: Finding = {
  outcome: 'not-suspected',
  classification: { ...classification, probability: 0.01 },
}
export const notAnalysed: Finding = { outcome: 'not-analysed', code: 'lateral-view', detail: "view position 'LL'" }
const [classifier] = source.models
/** As in triage mode. */
export const flagOnly: Pick<DocumentSource, 'finding' | 'models'> = {
  finding: { outcome: 'suspected', classification, delineation: null, discordant: false },
  models: [classifier],
}

function noTools(): never {
  throw new Error('nothing is drawn')
}

/** Writes a result and its documents into an output folder, as screening does. */
export const storeResult = (outDir: string, options?: StoredOptions): Promise<ResultDocument> =>
  storeResultIn(new FolderObjectStore(outDir), options)

export async function storeResultIn(store: ObjectStore, options?: StoredOptions): Promise<ResultDocument> {
  const { result, documents } = await buildStored(options)
  await writeResult(store, result, documents)
  return result
}

/** Writes a result as the cloud does, beside others of the image. @returns it and its key */
export async function storeCloudResult(
  store: ObjectStore,
  tenant: string,
  options?: StoredOptions,
): Promise<{ readonly result: ResultDocument; readonly resultKey: string }> {
  const { result, documents } = await buildStored(options)
  const prefix = studyKeys.resultPrefix(tenant, result.imageId, result.screeningKey)
  await writeResultOnce(store, prefix, result, documents)
  return { result, resultKey: `${prefix}result.json` }
}

async function buildStored({ name = 'image', tools = noTools, ...changes }: StoredOptions = {}) {
  const imageId = sha256Hex(name).slice(0, 32)
  const context = { ...source, finding: suspected(true), requestedDocuments: undrawn, ...changes, imageId }
  const documents = await buildDocuments(context, tools)
  const result = buildResultDocument(context.finding, {
    ...context,
    documents: documents.map((document) => document.name),
    timingsMs: {},
  })
  return { result, documents }
}

/** A result as it is sent to a target that gets these documents. */
export async function deliveryOf(names: readonly string[], options?: StoredOptions): Promise<Delivery> {
  const store = new MemoryObjectStore()
  const result = await storeResultIn(store, options)
  const documents = new Map<string, Uint8Array>()
  for (const name of names) documents.set(name, await store.get(`${result.imageId}/${name}`))
  const at = { lane: 'routine' as const, resultKey: `${result.imageId}/result.json` }
  return { key: 'f'.repeat(32), tenant: 'clinic', result, ...at, documents, study: null }
}
