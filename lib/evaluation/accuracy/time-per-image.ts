import { quantile } from '../metrics/bootstrap.ts'
import type { EvaluatedImage } from './evaluated-image.ts'

/** Unit: milliseconds. */
export interface StageTime {
  readonly stage: string
  readonly images: number
  readonly median: number
  readonly percentile95: number
  readonly maximum: number
}

/** Times of each stage as stored, over the images in which it ran; 'total' last. */
export function timePerImage(images: readonly Pick<EvaluatedImage, 'timingsMs'>[]): StageTime[] {
  const byStage = new Map<string, number[]>()
  for (const { timingsMs } of images) {
    for (const [stage, ms] of Object.entries(timingsMs)) {
      if (ms === 0) continue
      const known = byStage.get(stage)
      if (known) known.push(ms)
      else byStage.set(stage, [ms])
    }
  }
  return [...byStage]
    .sort(([a], [b]) => Number(a === 'total') - Number(b === 'total'))
    .map(([stage, times]) => {
      const ascending = Float64Array.from(times).sort()
      return {
        stage,
        images: ascending.length,
        median: quantile(ascending, 0.5),
        percentile95: quantile(ascending, 0.95),
        maximum: ascending[ascending.length - 1],
      }
    })
}
