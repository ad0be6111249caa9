/** A dense float32 tensor. Shape: [N, C, H, W], C order. */
export interface Tensor {
  readonly data: Float32Array
  readonly shape: readonly number[]
}
