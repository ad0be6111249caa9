import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { diceOf, maskOverlapOf } from '../../lib/evaluation/metrics/mask-overlap.ts'
import { rankProbabilities } from '../../lib/evaluation/metrics/ranked-probabilities.ts'
import { areaUnderRoc } from '../../lib/evaluation/metrics/receiver-operating-curve.ts'
import { wilsonInterval } from '../../lib/evaluation/metrics/wilson-interval.ts'
import { preparedLongSide } from '../../lib/screening/prepared-image/prepared-image.ts'
import { cleanProbabilityMap } from '../../lib/screening/segmentation/clean-probability-map.ts'

interface SharedRules {
  readonly preparedLongSide: number
  readonly holeMargin: number
  readonly wilsonInterval95: { successes: number; total: number; lower: number; upper: number }[]
  readonly areaUnderCurve: { probabilities: number[]; labels: number[]; area: number }[]
  readonly dice: { mask: number[]; reference: number[]; dice: number }[]
}

/** Read by models/training/tests/test_shared_rules.py too. */
const rules: SharedRules = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../models/training/tests/shared-rules.json'), 'utf8'),
)

describe('what the training package states too', () => {
  it('is the same size of a prepared image', () => {
    expect(preparedLongSide).toBe(rules.preparedLongSide)
  })

  it('is the same value of a filled hole', () => {
    const ring = Float32Array.from([1, 1, 1, 1, 0, 1, 1, 1, 1])
    const cleaned = cleanProbabilityMap(
      ring,
      { rows: 3, columns: 3 },
      { maskThreshold: 0.5, topThreshold: 0.9, minimumAreaPixels: 1, maximumHoleAreaPixels: 1 },
    )
    expect(cleaned[4]).toBe(Math.fround(0.5 + rules.holeMargin))
  })

  it.each(rules.wilsonInterval95)(
    'is the same interval of $successes of $total',
    ({ successes, total, lower, upper }) => {
      const interval = wilsonInterval(successes, total)!
      expect(Math.abs(interval.lower - lower)).toBeLessThan(1e-6)
      expect(Math.abs(interval.upper - upper)).toBeLessThan(1e-6)
    },
  )

  it.each(rules.areaUnderCurve)('is the same area, $area, under a curve', ({ probabilities, labels, area }) => {
    expect(areaUnderRoc(rankProbabilities(labels, probabilities))).toBe(area)
  })

  it.each(rules.dice)('is the same overlap, $dice, of two masks', ({ mask, reference, dice }) => {
    expect(diceOf(maskOverlapOf(Uint8Array.from(reference), Uint8Array.from(mask)))).toBe(dice)
  })
})
