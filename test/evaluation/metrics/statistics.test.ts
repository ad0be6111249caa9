import { describe, expect, it } from 'vitest'
import {
  bootstrapInterval,
  bootstrapValues,
  quantile,
  weightedMean,
} from '../../../lib/evaluation/metrics/bootstrap.ts'
import { chiSquaredContingency, chiSquaredUpperTail } from '../../../lib/evaluation/metrics/chi-squared.ts'
import { logGamma } from '../../../lib/evaluation/metrics/gamma-fraction.ts'
import { holmAdjusted } from '../../../lib/evaluation/metrics/holm-adjustment.ts'
import { kolmogorovSmirnov, kolmogorovUpperTail } from '../../../lib/evaluation/metrics/kolmogorov-smirnov.ts'
import { mcnemarTest } from '../../../lib/evaluation/metrics/mcnemar.ts'
import {
  normalCumulative,
  normalQuantile,
  normalTwoSidedP,
} from '../../../lib/evaluation/metrics/normal-distribution.ts'
import { populationStability } from '../../../lib/evaluation/metrics/population-stability.ts'
import { rankProbabilities } from '../../../lib/evaluation/metrics/ranked-probabilities.ts'
import { areaUnderRoc } from '../../../lib/evaluation/metrics/receiver-operating-curve.ts'
import { createSeededRandom, shuffled } from '../../../lib/evaluation/metrics/seeded-random.ts'
import { twoProportionTest } from '../../../lib/evaluation/metrics/two-proportions.ts'
import { wilcoxonSignedRank } from '../../../lib/evaluation/metrics/wilcoxon-signed-rank.ts'
import { reference } from '../reference/read-reference.ts'

/** Relative to the size of the expected value, so that tails count. */
function expectRelative(actual: number, expected: number, tolerance = 1e-10): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance * Math.abs(expected) + 1e-300)
}

describe('distributions agree with SciPy', () => {
  it.each(reference.normal)('normal at $z', ({ z, cumulative, two_sided }) => {
    expectRelative(normalCumulative(z), cumulative)
    expectRelative(normalTwoSidedP(z), two_sided)
  })
  it.each(reference.normal_quantile)('normal quantile of $p', ({ p, z }) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 10)
  })
  it.each(reference.chi_squared)('χ² at $x with $df', ({ x, df, p }) => {
    expectRelative(chiSquaredUpperTail(x, df), p)
  })
  it.each(reference.log_gamma)('ln Γ of $x', ({ x, value }) => {
    expect(logGamma(x)).toBeCloseTo(value, 9)
  })
  it.each(reference.kolmogorov)("Kolmogorov's at $x", ({ x, p }) => {
    expectRelative(kolmogorovUpperTail(x), p)
  })
  it('has no normal quantile outside [0, 1]', () => {
    expect(normalQuantile(-0.1)).toBeNaN()
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY)
    expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('tests agree with SciPy', () => {
  it.each(reference.contingency)('χ² of a table ($statistic)', (expected) => {
    const test = chiSquaredContingency(expected.table)!
    expectRelative(test.statistic, expected.statistic)
    expectRelative(test.p, expected.p)
    expect(test.degreesOfFreedom).toBe(expected.df)
    expectRelative(test.cramersV, expected.v)
  })
  it('McNemar, exact', () => {
    const { right_a, right_b, only_a, only_b, p } = reference.mcnemar
    const test = mcnemarTest(right_a, right_b)
    expect(test).toMatchObject({ onlyA: only_a, onlyB: only_b })
    expectRelative(test.p, p)
  })
  it('Wilcoxon, signed ranks', () => {
    const { a, b, statistic, p, pairs } = reference.wilcoxon
    const test = wilcoxonSignedRank(a, b)!
    expect(test).toMatchObject({ pairs, statistic })
    expectRelative(test.p, p)
  })
  it('two proportions', () => {
    const [[eventsA, totalA], [eventsB, totalB]] = reference.two_proportions.events
    expectRelative(twoProportionTest(eventsA, totalA, eventsB, totalB)!.p, reference.two_proportions.p)
  })
  it('Kolmogorov–Smirnov', () => {
    const test = kolmogorovSmirnov(reference.drift.before, reference.drift.after)!
    expectRelative(test.statistic, reference.drift.ks)
    expectRelative(test.p, reference.drift.ks_p)
  })
  it('population stability', () => {
    const stability = populationStability(reference.drift.before, reference.drift.after)!
    expectRelative(stability.index, reference.drift.psi)
    expectRelative(stability.p, reference.drift.psi_p)
  })
  it('quantiles, as NumPy interpolates', () => {
    const { values, fractions, expected } = reference.quantiles
    fractions.forEach((fraction, at) => {
      expect(quantile(values, fraction)).toBeCloseTo(expected[at], 12)
    })
  })
})

describe('tests of nothing', () => {
  it('are null, or certain', () => {
    expect(chiSquaredContingency([[3, 4]])).toBeNull()
    expect(chiSquaredContingency([])).toBeNull()
    expect(wilcoxonSignedRank([1, 2], [1, 2])).toBeNull()
    expect(twoProportionTest(0, 0, 1, 2)).toBeNull()
    expect(twoProportionTest(0, 5, 0, 5)!.p).toBe(1)
    expect(kolmogorovSmirnov([], [1])).toBeNull()
    expect(populationStability([], [1])).toBeNull()
    expect(mcnemarTest([true], [true])).toEqual({ onlyA: 0, onlyB: 0, p: 1 })
  })
  it('finds a sample stable against itself, ties or not', () => {
    expect(populationStability([0, 0, 0, 1], [0, 0, 0, 1])!.index).toBe(0)
    expect(populationStability([0.5, 0.5], [0.5, 0.5])!.bins.map((bin) => bin.reference)).toEqual([2, 0])
  })
})

it("adjusts p values as Holm's step-down", () => {
  expect(holmAdjusted([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02])
  expect(holmAdjusted([0.9, 0.8])).toEqual([1, 1])
})

describe('seeded random numbers', () => {
  it('repeat for a seed and differ between seeds', () => {
    const draw = (seed: number) => Array.from({ length: 4 }, createSeededRandom(seed))
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
  })
  it('fill [0, 1) evenly', () => {
    const random = createSeededRandom(1)
    const bins = new Array<number>(10).fill(0)
    for (let n = 0; n < 20_000; n++) bins[Math.floor(random() * 10)]++
    expect(chiSquaredContingency([bins, bins.map(() => 2000)])!.p).toBeGreaterThan(0.001)
  })
  it('shuffle without loss', () => {
    const items = Array.from({ length: 50 }, (_, at) => at)
    const mixed = shuffled(items, createSeededRandom(3))
    expect(mixed).not.toEqual(items)
    expect([...mixed].sort((a, b) => a - b)).toEqual(items)
  })
})

describe('the bootstrap', () => {
  const { labels, probabilities } = reference.classification[0]
  const plan = { strata: labels, patients: null, resamples: 2000, seed: 1, level: 0.95 }

  it("agrees with DeLong's interval on independent images", () => {
    const ranked = rankProbabilities(labels, probabilities)
    const interval = bootstrapInterval(plan, (weights) => areaUnderRoc(ranked, weights))!
    expect(Math.abs(interval.lower - reference.classification[0].delong.lower)).toBeLessThan(0.015)
    expect(Math.abs(interval.upper - reference.classification[0].delong.upper)).toBeLessThan(0.015)
    expect(interval.method).toBe('bootstrap')
  })
  it('keeps the class sizes of the sample', () => {
    const positives = bootstrapValues({ ...plan, resamples: 20 }, (weights) =>
      labels.reduce((sum, label, at) => sum + label * weights[at], 0),
    )
    expect(new Set(positives)).toEqual(new Set([labels.reduce((sum, label) => sum + label, 0)]))
  })
  it('has the standard error of a mean', () => {
    const values = Array.from({ length: 200 }, createSeededRandom(5))
    const means = bootstrapValues({ ...plan, strata: new Uint8Array(200) }, (weights) => weightedMean(values, weights))
    const spread = (quantile(means, 0.84) - quantile(means, 0.16)) / 2
    expect(spread).toBeGreaterThan(0.018)
    expect(spread).toBeLessThan(0.023)
  })
  it('widens when images come in patients of equal value', () => {
    const values = Array.from({ length: 200 }, (_, at) => Math.floor(at / 10) % 2)
    const patients = values.map((_, at) => `p${Math.floor(at / 10)}`)
    const width = (known: string[] | null): number => {
      const interval = bootstrapInterval({ ...plan, strata: new Uint8Array(200), patients: known }, (weights) =>
        weightedMean(values, weights),
      )!
      return interval.upper - interval.lower
    }
    expect(width(patients)).toBeGreaterThan(2.5 * width(null))
  })
  it('has no interval when the statistic is mostly undefined', () => {
    expect(bootstrapInterval(plan, () => null)).toBeNull()
    expect(weightedMean([1], [0])).toBeNull()
  })
})
