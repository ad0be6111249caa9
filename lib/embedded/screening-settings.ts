import type { ExecutionProvider } from '../adapters/onnx/create-onnx-session.ts'
import type { DocumentKind } from '../screening/kernel/document-kinds.ts'
import type { ScreeningMode } from '../screening/kernel/screening-mode.ts'
import { defaultSuitabilityPolicy, type SuitabilityPolicy } from '../screening/radiograph/suitability.ts'
import { Pseudonyms } from '../screening/result-documents/deidentification/pseudonyms.ts'
import { defaultModelsFolder } from './package-root.ts'

/** What every screening process is told; plain data, sent to child processes. */
export interface ScreeningSettings {
  readonly modelsFolder: string
  readonly executionProvider: ExecutionProvider
  readonly threads: number
  readonly outDir: string
  readonly policy: SuitabilityPolicy
  readonly mode: ScreeningMode
  /** What is written beside result.json. */
  readonly documents: readonly DocumentKind[]
  /** In base64: what goes out is de-identified with it. Null: documents name the patient's study. */
  readonly deidentificationKey: string | null
}

export const defaultDocuments: readonly DocumentKind[] = ['mask', 'overlay']

/** The pseudonyms of a run; null where it does not de-identify. */
export const pseudonymsOf = ({ deidentificationKey }: ScreeningSettings): Pseudonyms | null =>
  deidentificationKey === null ? null : new Pseudonyms(Buffer.from(deidentificationKey, 'base64'))

/** What a run without options is told. */
export const defaultSettings = (outDir: string): ScreeningSettings => ({
  modelsFolder: defaultModelsFolder,
  executionProvider: 'cpu',
  threads: 1,
  outDir,
  policy: defaultSuitabilityPolicy,
  mode: 'full',
  documents: defaultDocuments,
  deidentificationKey: null,
})
