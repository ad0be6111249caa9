import { type StageTime, timePerImage } from '../accuracy/time-per-image.ts'
import { quantile } from '../metrics/bootstrap.ts'
import { type McNemarTest, mcnemarTest } from '../metrics/mcnemar.ts'
import type { StoredResult } from '../results/read-results.ts'

export type Outcome = StoredResult['outcome']

/** One image as two runs have it. */
export interface ReplayedImage {
  readonly imageId: string
  readonly input: string
  readonly before: RunResult
  readonly after: RunResult
  /** Between the two masks; null unless both runs delineated, be it an empty mask. Range: [0, 1]. */
  readonly dice: number | null
}

export interface RunResult {
  readonly outcome: Outcome
  readonly reason: string | null
  readonly discordant: boolean
  readonly probability: number | null
  readonly side: string | null
  readonly timingsMs: Readonly<Record<string, number>>
}

export interface Spread {
  readonly mean: number
  readonly percentile5: number
  readonly median: number
  readonly percentile95: number
  readonly least: number
  readonly greatest: number
}

/** What changed from one run to another over the same images; differences are after − before. */
export interface RunComparison {
  readonly images: number
  /** Every pair of outcomes that was met, 'not-analysed' among them. */
  readonly transitions: readonly { readonly from: Outcome; readonly to: Outcome; readonly images: number }[]
  /** Analysed before and not any more, by the reason of now; and the other way, by the reason of before. */
  readonly newlyNotAnalysed: readonly ReasonCount[]
  readonly newlyAnalysed: readonly ReasonCount[]
  /** Of the images that both analysed. */
  readonly calls: {
    readonly images: number
    readonly suspectedBefore: number
    readonly suspectedAfter: number
    readonly discordantBefore: number
    readonly discordantAfter: number
    /** Suspected in one run alone, and whether that is more than chance. */
    readonly test: McNemarTest
  }
  /** Null where no image was analysed by both. */
  readonly probabilityDifference: Spread | null
  readonly masks: {
    /** Delineated by both. */
    readonly images: number
    readonly dice: Spread | null
    readonly sideChanged: number
  }
  readonly timeBefore: readonly StageTime[]
  readonly timeAfter: readonly StageTime[]
}

export interface ReasonCount {
  readonly reason: string
  readonly images: number
}

export const outcomes: readonly Outcome[] = ['suspected', 'not-suspected', 'not-analysed']

export function compareRuns(images: readonly ReplayedImage[]): RunComparison {
  const both = images.filter(({ before, after }) => isAnalysed(before) && isAnalysed(after))
  const differences = both.map(({ before, after }) => after.probability! - before.probability!)
  const delineated = images.filter(({ dice }) => dice !== null)
  const isSuspected = ({ outcome }: RunResult): boolean => outcome === 'suspected'
  return {
    images: images.length,
    transitions: outcomes.flatMap((from) =>
      outcomes.flatMap((to) => {
        const count = images.filter(({ before, after }) => before.outcome === from && after.outcome === to).length
        return count === 0 ? [] : [{ from, to, images: count }]
      }),
    ),
    newlyNotAnalysed: countReasons(
      images.filter(({ before, after }) => isAnalysed(before) && !isAnalysed(after)).map(({ after }) => after),
    ),
    newlyAnalysed: countReasons(
      images.filter(({ before, after }) => !isAnalysed(before) && isAnalysed(after)).map(({ before }) => before),
    ),
    calls: {
      images: both.length,
      suspectedBefore: both.filter(({ before }) => isSuspected(before)).length,
      suspectedAfter: both.filter(({ after }) => isSuspected(after)).length,
      discordantBefore: both.filter(({ before }) => before.discordant).length,
      discordantAfter: both.filter(({ after }) => after.discordant).length,
      test: mcnemarTest(
        both.map(({ before }) => isSuspected(before)),
        both.map(({ after }) => isSuspected(after)),
      ),
    },
    probabilityDifference: spreadOf(differences),
    masks: {
      images: delineated.length,
      dice: spreadOf(delineated.map(({ dice }) => dice!)),
      sideChanged: delineated.filter(({ before, after }) => before.side !== after.side).length,
    },
    timeBefore: timePerImage(images.map(({ before }) => before)),
    timeAfter: timePerImage(images.map(({ after }) => after)),
  }
}

/** The images whose outcome changed, or that lost or got a region, the largest change of the probability first. */
export function changedImages(images: readonly ReplayedImage[]): ReplayedImage[] {
  const change = ({ before, after }: ReplayedImage): number =>
    before.probability === null || after.probability === null ? 2 : Math.abs(after.probability - before.probability)
  return images
    .filter(({ before, after }) => before.outcome !== after.outcome || before.discordant !== after.discordant)
    .sort((a, b) => change(b) - change(a) || (a.imageId < b.imageId ? -1 : 1))
}

const isAnalysed = ({ outcome }: RunResult): boolean => outcome !== 'not-analysed'

function countReasons(results: readonly RunResult[]): ReasonCount[] {
  const counts = new Map<string, number>()
  for (const { reason } of results) {
    const name = reason ?? 'no reason given'
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([reason, images]) => ({ reason, images })).sort((a, b) => b.images - a.images)
}

function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null
  const ascending = Float64Array.from(values).sort()
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    percentile5: quantile(ascending, 0.05),
    median: quantile(ascending, 0.5),
    percentile95: quantile(ascending, 0.95),
    least: ascending[0],
    greatest: ascending[ascending.length - 1],
  }
}
