import {
  type ConfusionMatrix,
  confusionMatrixOf,
  diagnosticAccuracy,
} from '../../evaluation/metrics/confusion-matrix.ts'
import type { Measure } from '../../evaluation/metrics/interval.ts'
import type { Agreement, AgreementAccuracy, AgreementMeasure, AgreementOverTime } from '../contract/agreement.ts'
import type { Review } from '../contract/review.ts'
import type { WorklistRow } from '../contract/worklist.ts'
import { byStudy, commonWord, lastWordsOf } from './last-words.ts'

/** What a result said of an image, and what its readers say. */
interface ReadCase {
  readonly isSuspected: boolean
  readonly isPresent: boolean
  readonly readAt: string
}

/**
 * Holds results against what readers said last. An image counts once, where all its readers say the same, with the
 * outcome of the result that was reviewed last.
 * @param rows The worklist, for how much of it was read
 */
export function buildAgreement(
  reviews: readonly Review[],
  rows: readonly WorklistRow[],
  per: Agreement['per'],
): Agreement {
  const lastWords = lastWordsOf(reviews)
  const { cases, left } = sortCases(lastWords)
  const reviewers = [...new Set(lastWords.map(({ reviewer }) => reviewer))].sort()
  const studiesRead = new Set(lastWords.map(({ studyId }) => studyId))
  return {
    per,
    everybody: overTime(cases, per),
    reviewers: reviewers.map((reviewer) => {
      const own = lastWords.filter((review) => review.reviewer === reviewer)
      return { reviewer, ...overTime(sortCases(own).cases, per) }
    }),
    left,
    read: outcomes.map((outcome) => {
      const ofOutcome = rows.filter((row) => row.outcome === outcome)
      const read = ofOutcome.filter(({ studyId }) => studiesRead.has(studyId))
      return { outcome, images: ofOutcome.length, read: read.length }
    }),
  }
}

function overTime(cases: readonly ReadCase[], per: Agreement['per']): AgreementOverTime {
  const periods = new Map<string, ReadCase[]>()
  for (const one of cases) {
    const from = startOf[per](one.readAt)
    const period = periods.get(from)
    if (period) period.push(one)
    else periods.set(from, [one])
  }
  return {
    all: accuracyOf(cases),
    periods: [...periods]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([from, ofPeriod]) => ({ from, ...accuracyOf(ofPeriod) })),
  }
}

const outcomes = ['suspected', 'not-suspected', 'not-analysed'] as const

function sortCases(lastWords: readonly Review[]): { cases: ReadCase[]; left: Agreement['left'] } {
  const cases: ReadCase[] = []
  const left = { differing: 0, undecided: 0, notAnalysed: 0 }
  for (const words of byStudy(lastWords).values()) {
    const { outcome, reviewedAt } = words.reduce((a, b) => (a.reviewedAt > b.reviewedAt ? a : b))
    const common = commonWord(words)
    if (outcome === 'not-analysed') left.notAnalysed++
    else if (common === null) left.differing++
    else if (common === 'undecided') left.undecided++
    else cases.push({ isSuspected: outcome === 'suspected', isPresent: common === 'present', readAt: reviewedAt })
  }
  return { cases, left }
}

function accuracyOf(cases: readonly ReadCase[]): AgreementAccuracy {
  const matrix = confusionMatrixOf(
    cases.map(({ isPresent }) => Number(isPresent)),
    cases.map(({ isSuspected }) => isSuspected),
  )
  const { sensitivity, specificity, positivePredictiveValue, negativePredictiveValue } = diagnosticAccuracy(matrix)
  const { truePositives, falsePositives, trueNegatives, falseNegatives }: ConfusionMatrix = matrix
  return {
    ...matrix,
    sensitivity: measureOver(sensitivity, truePositives + falseNegatives),
    specificity: measureOver(specificity, trueNegatives + falsePositives),
    positivePredictiveValue: measureOver(positivePredictiveValue, truePositives + falsePositives),
    negativePredictiveValue: measureOver(negativePredictiveValue, trueNegatives + falseNegatives),
  }
}

function measureOver(measure: Measure, images: number): AgreementMeasure {
  if (measure.value === null) return { value: null, lower: null, upper: null, images }
  const { value, interval } = measure
  return { value, lower: interval?.lower ?? null, upper: interval?.upper ?? null, images }
}

/** The day with which the period of a time begins, UTC: 'yyyy-mm-dd'. */
const startOf: Record<Agreement['per'], (time: string) => string> = {
  month: (time) => `${time.slice(0, 7)}-01`,
  week: (time) => {
    const day = new Date(`${time.slice(0, 10)}T00:00:00Z`)
    const sinceMonday = (day.getUTCDay() + 6) % 7
    return new Date(day.getTime() - sinceMonday * 86_400_000).toISOString().slice(0, 10)
  },
}
