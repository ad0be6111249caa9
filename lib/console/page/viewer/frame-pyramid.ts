/** Samples of one size. Shape: height × width. */
export interface FrameLevel {
  readonly width: number
  readonly height: number
  readonly samples: Uint16Array
}

/** The smallest level is about this wide. Unit: pixels. */
const smallestSide = 256

/** The frame, and it halved again and again by averaging: a reduced picture must not leave pixels out. */
export function buildPyramid(frame: FrameLevel): FrameLevel[] {
  const levels = [frame]
  for (let last = frame; Math.min(last.width, last.height) > smallestSide; last = levels[levels.length - 1]) {
    levels.push(halve(last))
  }
  return levels
}

/** Each sample is the mean of four; an odd last row or column counts twice. */
export function halve({ width, height, samples }: FrameLevel): FrameLevel {
  const half = { width: (width + 1) >> 1, height: (height + 1) >> 1 }
  const out = new Uint16Array(half.width * half.height)
  let at = 0
  for (let y = 0; y < half.height; y++) {
    const upper = 2 * y * width
    const lower = Math.min(2 * y + 1, height - 1) * width
    for (let x = 0; x < half.width; x++) {
      const left = 2 * x
      const right = Math.min(left + 1, width - 1)
      const sum = samples[upper + left] + samples[upper + right] + samples[lower + left] + samples[lower + right]
      out[at++] = (sum + 2) >> 2
    }
  }
  return { ...half, samples: out }
}
