import { chiSquaredContingency } from '../metrics/chi-squared.ts'
import { type Sample, sizeOf } from '../metrics/counted-values.ts'
import { holmAdjusted } from '../metrics/holm-adjustment.ts'
import { kolmogorovSmirnov } from '../metrics/kolmogorov-smirnov.ts'
import { populationStability } from '../metrics/population-stability.ts'
import { twoProportionTest } from '../metrics/two-proportions.ts'
import type { Period } from './summarise-period.ts'

/** What must be seen before a difference is worth an alarm, whatever its p value. */
export const driftThresholds = {
  'probability-histogram': 0.25,
  'probability-distribution': 0.1,
  'suspected-rate': 0.05,
  'discordant-rate': 0.05,
  'not-analysed-rate': 0.02,
  'rejection-reasons': 0.2,
  'view-mix': 0.1,
  'grey-mean': 0.15,
  'grey-contrast': 0.15,
} as const

export type DriftFigure = keyof typeof driftThresholds

export const driftFigureNames: Record<DriftFigure, string> = {
  'probability-histogram': 'Probabilities, histogram',
  'probability-distribution': 'Probabilities, distribution',
  'suspected-rate': 'Suspected, of analysed',
  'discordant-rate': 'Discordant, of suspected',
  'not-analysed-rate': 'Not analysed, of all',
  'rejection-reasons': 'Reasons for not analysing',
  'view-mix': 'View positions',
  'grey-mean': 'Mean grey level',
  'grey-contrast': 'Contrast',
}

/** Fewer images in a period than this, and a figure is not tested. */
export const smallestSample = 30

export interface DriftTest {
  readonly figure: DriftFigure
  readonly test: string
  readonly effectName: string
  readonly status: 'alarm' | 'calm' | 'not-tested'
  /** Null when not tested. */
  readonly effect: number | null
  readonly threshold: number
  readonly p: number | null
  /** Adjusted for all figures tested (Holm). */
  readonly adjustedP: number | null
  readonly remark: string
}

export interface Drift {
  readonly reference: Period
  readonly current: Period
  readonly alpha: number
  readonly tests: readonly DriftTest[]
  readonly alarms: readonly DriftFigure[]
  readonly problems: readonly string[]
}

type Outcome = { readonly effect: number; readonly p: number; readonly remark: string } | { readonly why: string }

/**
 * Compares two periods figure by figure. An alarm needs both: a difference that chance would hardly make (p adjusted
 * for all figures below alpha) and one large enough to matter (effect at its threshold).
 */
export function detectDrift(reference: Period, current: Period, alpha = 0.01): Drift {
  const outcomes: [DriftFigure, test: string, effectName: string, Outcome][] = [
    ['probability-histogram', 'population stability, χ² approximation', 'PSI', stability(reference, current)],
    [
      'probability-distribution',
      'Kolmogorov–Smirnov',
      'D',
      distribution(reference.probabilities, current.probabilities),
    ],
    ['suspected-rate', 'two proportions', 'difference', rate(suspectedOf(reference), suspectedOf(current))],
    ['discordant-rate', 'two proportions', 'difference', rate(discordantOf(reference), discordantOf(current))],
    ['not-analysed-rate', 'two proportions', 'difference', rate(notAnalysedOf(reference), notAnalysedOf(current))],
    ['rejection-reasons', 'χ² of a table', "Cramér's V", mix(reference.reasons, current.reasons)],
    ['view-mix', 'χ² of a table', "Cramér's V", mix(reference.views, current.views)],
    ['grey-mean', 'Kolmogorov–Smirnov', 'D', distribution(reference.greyMeans, current.greyMeans)],
    ['grey-contrast', 'Kolmogorov–Smirnov', 'D', distribution(reference.greyDeviations, current.greyDeviations)],
  ]
  const tested = outcomes.flatMap(([figure, , , outcome]) => ('p' in outcome ? [{ figure, p: outcome.p }] : []))
  const adjusted = holmAdjusted(tested.map(({ p }) => p))
  const adjustedOf = new Map(tested.map(({ figure }, at) => [figure, adjusted[at]]))
  const tests = outcomes.map(([figure, test, effectName, outcome]): DriftTest => {
    const threshold = driftThresholds[figure]
    const shared = { figure, test, effectName, threshold }
    if ('why' in outcome) {
      return { ...shared, status: 'not-tested', effect: null, p: null, adjustedP: null, remark: outcome.why }
    }
    const adjustedP = adjustedOf.get(figure)!
    const isAlarm = adjustedP < alpha && Math.abs(outcome.effect) >= threshold
    return { ...shared, status: isAlarm ? 'alarm' : 'calm', ...outcome, adjustedP }
  })
  return {
    reference,
    current,
    alpha,
    tests,
    alarms: tests.filter(({ status }) => status === 'alarm').map(({ figure }) => figure),
    problems: [...modelProblems(reference, current), ...reference.problems, ...current.problems],
  }
}

function stability(reference: Period, current: Period): Outcome {
  const [n, m] = [sizeOf(reference.probabilities), sizeOf(current.probabilities)]
  if (Math.min(n, m) < smallestSample) return tooFew(n, m)
  const { index, p, bins } = populationStability(reference.probabilities, current.probabilities)!
  return { effect: index, p, remark: `${bins.length} bins of equal share of the reference` }
}

function distribution(reference: Sample, current: Sample): Outcome {
  const [n, m] = [sizeOf(reference), sizeOf(current)]
  if (Math.min(n, m) < smallestSample) return tooFew(n, m)
  const { statistic, p } = kolmogorovSmirnov(reference, current)!
  return { effect: statistic, p, remark: `${n} and ${m} images` }
}

interface Rate {
  readonly events: number
  readonly total: number
}

const suspectedOf = (period: Period): Rate => ({ events: period.suspected, total: period.images - period.notAnalysed })
const discordantOf = (period: Period): Rate => ({ events: period.discordant, total: period.suspected })
const notAnalysedOf = (period: Period): Rate => ({ events: period.notAnalysed, total: period.images })

function rate(reference: Rate, current: Rate): Outcome {
  if (Math.min(reference.total, current.total) < smallestSample) return tooFew(reference.total, current.total)
  const { difference, p } = twoProportionTest(reference.events, reference.total, current.events, current.total)!
  return {
    effect: difference,
    p,
    remark: `${reference.events} of ${reference.total}, then ${current.events} of ${current.total}`,
  }
}

function mix(reference: Readonly<Record<string, number>>, current: Readonly<Record<string, number>>): Outcome {
  const names = [...new Set([...Object.keys(reference), ...Object.keys(current)])].sort()
  const table = [reference, current].map((counts) => names.map((name) => counts[name] ?? 0))
  const [n, m] = table.map((counts) => counts.reduce((sum, count) => sum + count, 0))
  if (Math.min(n, m) < smallestSample) return tooFew(n, m)
  const test = chiSquaredContingency(table)
  if (!test) return { why: 'only one value occurs' }
  const small = test.smallestExpected < 5 ? '; an expected count is below 5, so p is rough' : ''
  return { effect: test.cramersV, p: test.p, remark: `${names.length} values, ${n} and ${m} images${small}` }
}

function tooFew(reference: number, current: number): { why: string } {
  return { why: `${reference} and ${current} images; ${smallestSample} in each are needed` }
}

function modelProblems(reference: Period, current: Period): string[] {
  return reference.models.join() === current.models.join()
    ? []
    : [
        `the periods were screened by different models (${reference.models.join(', ')} and ${current.models.join(', ')}): a change of probabilities may be theirs`,
      ]
}
