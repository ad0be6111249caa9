import type { CodestreamKind, DecodedCodestream, EncodedFrame } from '../../screening/kernel/ports.ts'

/** The kinds that WebAssembly decodes; sharp takes the others. */
export type WorkerKind = Exclude<CodestreamKind, 'jpeg-8'>

export interface CodecRequest {
  readonly kind: WorkerKind
  readonly frame: EncodedFrame
}

/**
 * `refused`: the codec found fault with the codestream. `defect`: the codec could not be loaded or used. The thread ends
 * after these, and after a frame that `isLast`.
 */
export type CodecReply =
  | { readonly outcome: 'decoded'; readonly frame: DecodedCodestream; readonly isLast: boolean }
  | { readonly outcome: 'refused'; readonly detail: string }
  | { readonly outcome: 'defect'; readonly detail: string }
