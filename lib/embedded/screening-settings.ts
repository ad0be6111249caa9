import type { ExecutionProvider } from '../adapters/onnx/create-onnx-session.ts'
import type { DocumentKind } from '../screening/kernel/document-kinds.ts'
import type { ScreeningMode } from '../screening/kernel/screening-mode.ts'
import { defaultSuitabilityPolicy, type SuitabilityPolicy } from '../screening/radiograph/suitability.ts'
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
}

export const defaultDocuments: readonly DocumentKind[] = ['mask', 'overlay']

/** What a run without options is told. */
export const defaultSettings = (outDir: string): ScreeningSettings => ({
  modelsFolder: defaultModelsFolder,
  executionProvider: 'cpu',
  threads: 1,
  outDir,
  policy: defaultSuitabilityPolicy,
  mode: 'full',
  documents: defaultDocuments,
})
