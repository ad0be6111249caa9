import { describe, expect, it } from 'vitest'
import { distanceToSet } from '../../../lib/evaluation/metrics/distance-transform.ts'
import { hausdorffDistance95 } from '../../../lib/evaluation/metrics/hausdorff-distance.ts'
import { detectLesions } from '../../../lib/evaluation/metrics/lesion-detection.ts'
import { diceOf, intersectionOverUnionOf, maskOverlapOf } from '../../../lib/evaluation/metrics/mask-overlap.ts'
import { maskOf, reference } from '../reference/read-reference.ts'

describe.each(reference.masks)('masks of $rows × $columns', (expected) => {
  const size = { rows: expected.rows, columns: expected.columns }
  const pitch = { row: expected.spacing[0], column: expected.spacing[1] }
  const truth = maskOf(expected.reference, size.rows * size.columns)
  const predicted = maskOf(expected.predicted, size.rows * size.columns)

  it('have the Dice and IoU of scikit-learn', () => {
    const overlap = maskOverlapOf(truth, predicted)
    expect(diceOf(overlap)).toBeCloseTo(expected.dice, 12)
    expect(intersectionOverUnionOf(overlap)).toBeCloseTo(expected.intersection_over_union, 12)
  })
  it("have the distance transform of SciPy's", () => {
    const sum = distanceToSet(truth, size, pitch).reduce((total, distance) => total + distance, 0)
    expect(sum / expected.distance_sum).toBeCloseTo(1, 12)
  })
  it('have the 95th percentile Hausdorff distance, in mm', () => {
    expect(hausdorffDistance95(truth, predicted, size, pitch)).toBeCloseTo(expected.hausdorff95, 10)
  })
  it('have as many lesions found, missed and invented', () => {
    expect(detectLesions(truth, predicted, size)).toEqual(expected.lesions)
  })
})

describe('empty masks', () => {
  const empty = new Uint8Array(12)
  const one = Uint8Array.from({ length: 12 }, (_, at) => (at === 5 ? 1 : 0))
  const size = { rows: 3, columns: 4 }

  it('agree perfectly with each other', () => {
    expect(diceOf(maskOverlapOf(empty, empty))).toBe(1)
    expect(intersectionOverUnionOf(maskOverlapOf(empty, empty))).toBe(1)
  })
  it('agree in nothing with a mask', () => {
    expect(diceOf(maskOverlapOf(one, empty))).toBe(0)
    expect(hausdorffDistance95(one, empty, size)).toBeNull()
    expect(hausdorffDistance95(empty, empty, size)).toBeNull()
    expect(detectLesions(one, empty, size)).toEqual({
      referenceLesions: 1,
      detectedLesions: 0,
      predictedLesions: 0,
      falseLesions: 0,
    })
  })
  it('are infinitely far from everything', () => {
    expect(distanceToSet(empty, size)[0]).toBe(Number.POSITIVE_INFINITY)
  })
  it('must be of one size', () => {
    expect(() => maskOverlapOf(one, new Uint8Array(11))).toThrow(RangeError)
  })
})
