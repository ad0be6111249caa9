import type { Clock } from '../../lib/screening/kernel/ports.ts'
import type { PreparedImage } from '../../lib/screening/prepared-image/prepared-image.ts'
import type { AcquisitionFacts } from '../../lib/screening/radiograph/radiograph.ts'
import { buildDocuments } from '../../lib/screening/result-documents/build-documents.ts'
import { buildResultDocument } from '../../lib/screening/result-documents/build-result-document.ts'
import type { Document, DocumentSource, DocumentTools } from '../../lib/screening/result-documents/document-type.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { conclude, type Inference } from '../../lib/screening/screen.ts'

/** A study that the networks have seen, and all that its documents are made of. Can be sent to a thread. */
export interface InferredStudy extends Omit<DocumentSource, 'finding' | 'size' | 'facts' | 'prepared'> {
  readonly inference: Inference
  readonly facts: AcquisitionFacts
  readonly prepared: PreparedImage
}

export interface DocumentedStudy {
  /** Without its timings: whoever asked adds them. */
  readonly result: ResultDocument
  readonly documents: readonly Document[]
  /** Unit: ms. */
  readonly timingsMs: { readonly measurement: number; readonly documents: number }
}

/** Draws and measures the mask and builds all documents: what takes time and memory by the pixels of the source. */
export async function documentStudy(
  { inference, ...study }: InferredStudy,
  tools: DocumentTools,
  clock: Clock,
): Promise<DocumentedStudy> {
  const started = clock.monotonic()
  const finding = conclude(inference, study.prepared, study.facts)
  const concluded = clock.monotonic()
  const source: DocumentSource = { ...study, finding, size: study.prepared.source }
  const documents = await buildDocuments(source, () => tools)
  const names = documents.map(({ name }) => name)
  const result = buildResultDocument(finding, { ...source, documents: names, timingsMs: {} })
  return {
    result,
    documents,
    timingsMs: { measurement: concluded - started, documents: clock.monotonic() - concluded },
  }
}
