import { describe, expect, it } from 'vitest'
import { quantile } from '../../../lib/evaluation/metrics/bootstrap.ts'
import { countedOf, quantileOfCounted, sizeOf } from '../../../lib/evaluation/metrics/counted-values.ts'
import { kolmogorovSmirnov } from '../../../lib/evaluation/metrics/kolmogorov-smirnov.ts'
import { populationStability } from '../../../lib/evaluation/metrics/population-stability.ts'
import { createSeededRandom } from '../../../lib/evaluation/metrics/seeded-random.ts'

describe('counted values', () => {
  const random = createSeededRandom(7)
  const sample = (count: number) => Array.from({ length: count }, () => Math.floor(20 * random() ** 2) / 20)

  it.each([1, 2, 3, 50, 1000])('have the quantiles of the values one by one, of %i', (count) => {
    const values = sample(count)
    const ascending = [...values].sort((a, b) => a - b)
    for (const fraction of [0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1]) {
      expect(quantileOfCounted(countedOf(values), fraction)).toBe(quantile(ascending, fraction))
    }
  })

  it('give the tests of drift the same answer', () => {
    const [a, b] = [sample(300), sample(200)]
    expect(sizeOf(countedOf(a))).toBe(300)
    expect(kolmogorovSmirnov(countedOf(a), countedOf(b))).toEqual(kolmogorovSmirnov(a, b))
    expect(populationStability(countedOf(a), countedOf(b))).toEqual(populationStability(a, b))
  })

  it('of nothing are of no test', () => {
    expect(kolmogorovSmirnov({ values: [], counts: [], total: 0 }, [1])).toBeNull()
    expect(populationStability([1], { values: [], counts: [], total: 0 })).toBeNull()
  })
})
