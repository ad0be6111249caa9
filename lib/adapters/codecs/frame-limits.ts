import type { ImageSize } from '../../screening/kernel/geometry.ts'
import type { WorkerKind } from './codec-messages.ts'

/**
 * The time of a frame: two seconds for the codec to be loaded and start, and 5 to 10 times what a pixel was seen to
 * take on a loaded core of 2020 (JPEG 2000 0.28 µs, JPEG-LS 0.07, HTJ2K 0.07, JPEG lossless 0.03). Unit: ms
 */
const startMs = 2000
/**
 * Three times what the largest picture takes (8000 × 8000 in JPEG 2000: 20 s), and within the 90 s of the preprocessing
 * function with half a minute to spare for all else. Unit: ms
 */
const longestMs = 60_000
const msPerPixel: Readonly<Record<WorkerKind, number>> = {
  'jpeg-12': 0.0004,
  'jpeg-lossless': 0.0003,
  'jpeg-ls': 0.0006,
  'jpeg-2000': 0.0015,
  htj2k: 0.0006,
}

export function timeLimitMs(kind: WorkerKind, { rows, columns }: ImageSize): number {
  return Math.min(startMs + msPerPixel[kind] * rows * columns, longestMs)
}

/**
 * The WebAssembly memory of a frame: what the codecs start with (up to 64 MiB), the codestream twice, and 16 bytes for
 * each pixel, of which OpenJPEG, the hungriest, was seen to take 8.4. Unit: bytes
 */
export function memoryLimitBytes({ rows, columns }: ImageSize, codestreamBytes: number): number {
  return 2 ** 26 + 2 ** 25 + 2 * codestreamBytes + 16 * rows * columns
}
