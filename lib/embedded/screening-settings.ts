import type { ExecutionProvider } from '../adapters/onnx/create-onnx-session.ts'
import { defaultSuitabilityPolicy, type SuitabilityPolicy } from '../screening/radiograph/suitability.ts'
import { defaultModelsFolder } from './package-root.ts'

/** What every screening process is told; plain data, sent to child processes. */
export interface ScreeningSettings {
  readonly modelsFolder: string
  readonly executionProvider: ExecutionProvider
  readonly threads: number
  readonly outDir: string
  readonly policy: SuitabilityPolicy
  readonly classActivationMap: boolean
}

/** What a run without options is told. */
export const defaultSettings = (outDir: string): ScreeningSettings => ({
  modelsFolder: defaultModelsFolder,
  executionProvider: 'cpu',
  threads: 1,
  outDir,
  policy: defaultSuitabilityPolicy,
  classActivationMap: false,
})
