import type {
  ClassifierBundle,
  OperatingPoint,
  SegmenterBundle,
} from '../../lib/screening/classification/model-bundle.ts'
import type { Tensor } from '../../lib/screening/kernel/tensor.ts'

export type NetworkRole = 'classifier' | 'segmenter'

/** What the inference thread is started with. */
export interface InferenceSettings {
  readonly modelsFolder: string
  readonly executionProvider: 'cpu' | 'cuda'
  /** Threads of one run on the CPU. */
  readonly threads: number
}

export interface InferenceRequest {
  readonly id: number
  readonly role: NetworkRole
  readonly input: Tensor
}

export type InferenceMessage =
  | {
      readonly kind: 'loaded'
      readonly classifier: ClassifierBundle
      readonly segmenter: SegmenterBundle
      readonly operatingPoint: OperatingPoint
    }
  | { readonly kind: 'not-loaded'; readonly error: string; readonly message: string }
  | { readonly kind: 'outputs'; readonly id: number; readonly outputs: ReadonlyMap<string, Tensor> }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
