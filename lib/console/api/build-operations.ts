import { detectDrift, driftFigureNames } from '../../evaluation/drift/detect-drift.ts'
import { type Period, summarisePeriod } from '../../evaluation/drift/summarise-period.ts'
import { quantile } from '../../evaluation/metrics/bootstrap.ts'
import type { Operations, OperationsSpread } from '../contract/operations.ts'
import type { Review } from '../contract/review.ts'
import type { WorklistRow } from '../contract/worklist.ts'
import type { ScreenedRow } from './console-ports.ts'

const dayMs = 86_400_000
const daysShown = 14
/** The period that is held against all before. */
const currentDays = 7
const systemFailure = 'system-failure'

/**
 * @param setAside Files that were no pictures
 * @param now Unit: ms since the epoch
 */
export function buildOperations(
  screened: readonly ScreenedRow[],
  reviews: readonly Review[],
  setAside: number,
  now: number,
): Omit<Operations, 'usage'> {
  const rows = screened.map(({ row }) => row)
  const open = rows.filter(({ reading }) => reading !== 'done')
  const waits = (isInTurn: boolean): number[] =>
    open
      .filter(({ priority }) => (priority === 'in-turn') === isInTurn)
      .flatMap((row) => timeOf(row).map((time) => now - time))
  return {
    images: rows.length,
    setAside,
    days: daysOf(rows, reviews, now),
    undated: rows.filter(({ waitingSince }) => waitingSince === null).length,
    waiting: { first: spreadOf(waits(false)), inTurn: spreadOf(waits(true)) },
    turnaround: spreadOf(turnarounds(rows, reviews)),
    rejections: rejectionsOf(rows),
    failures: rows.filter(({ reason }) => reason?.code === systemFailure).map(({ studyId }) => studyId),
    stages: stagesOf(screened),
    models: modelsOf(screened),
    drift: driftOf(screened, now - currentDays * dayMs),
  }
}

/** Empty where nobody knows it. */
const timeOf = ({ waitingSince }: WorklistRow): number[] => (waitingSince === null ? [] : [Date.parse(waitingSince)])
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)

function daysOf(rows: readonly WorklistRow[], reviews: readonly Review[], now: number): Operations['days'] {
  const days = Array.from({ length: daysShown }, (_, back) => ({
    day: dayOf(now - back * dayMs),
    analysed: 0,
    suspected: 0,
    rejected: 0,
    reviews: 0,
  }))
  const byDay = new Map(days.map((day) => [day.day, day]))
  for (const row of rows) {
    const [time] = timeOf(row)
    const day = time === undefined ? undefined : byDay.get(dayOf(time))
    if (!day) continue
    if (row.outcome === 'not-analysed') day.rejected++
    else day.analysed++
    if (row.outcome === 'suspected') day.suspected++
  }
  for (const { reviewedAt } of reviews) {
    const day = byDay.get(reviewedAt.slice(0, 10))
    if (day) day.reviews++
  }
  return days
}

function turnarounds(rows: readonly WorklistRow[], reviews: readonly Review[]): number[] {
  const firstReview = new Map<string, number>()
  for (const { studyId, reviewedAt } of reviews) {
    firstReview.set(studyId, Math.min(firstReview.get(studyId) ?? Number.POSITIVE_INFINITY, Date.parse(reviewedAt)))
  }
  // A review from before the present result was about an earlier one.
  return rows.flatMap((row) => {
    const reviewed = firstReview.get(row.studyId)
    return reviewed === undefined ? [] : timeOf(row).flatMap((time) => (reviewed < time ? [] : [reviewed - time]))
  })
}

function rejectionsOf(rows: readonly WorklistRow[]): Operations['rejections'] {
  const byCode = new Map<string, Operations['rejections'][number]>()
  for (const { reason } of rows) {
    if (!reason || reason.code === systemFailure) continue
    const known = byCode.get(reason.code)
    if (known) known.images++
    else byCode.set(reason.code, { ...reason, images: 1 })
  }
  return [...byCode.values()].sort((a, b) => b.images - a.images)
}

function stagesOf(screened: readonly ScreenedRow[]): Operations['stages'] {
  const byStage = new Map<string, number[]>()
  for (const { timingsMs } of screened) {
    for (const [stage, time] of Object.entries(timingsMs)) {
      const times = byStage.get(stage)
      if (times) times.push(time)
      else byStage.set(stage, [time])
    }
  }
  return [...byStage].map(([stage, times]) => ({ stage, spread: spreadOf(times) }))
}

function modelsOf(screened: readonly ScreenedRow[]): Operations['models'] {
  const byDigest = new Map<string, Operations['models'][number]>()
  for (const { row, models } of screened) {
    for (const { id, version, sha256 } of models) {
      const known = byDigest.get(`${id} ${sha256}`) ?? { id, version, sha256, images: 0, lastAt: null }
      known.images++
      known.version ??= version
      if (row.waitingSince !== null && (known.lastAt ?? '') < row.waitingSince) known.lastAt = row.waitingSince
      byDigest.set(`${id} ${sha256}`, known)
    }
  }
  return [...byDigest.values()].sort((a, b) => ((a.lastAt ?? '') < (b.lastAt ?? '') ? 1 : -1))
}

function driftOf(screened: readonly ScreenedRow[], since: number): Operations['drift'] {
  // What has no time belongs to no period.
  const dated = screened.flatMap((one) => timeOf(one.row).map((time) => ({ ...one, time })))
  const reference = periodOf(dated.filter(({ time }) => time < since))
  const current = periodOf(dated.filter(({ time }) => time >= since))
  const { tests, alarms } = detectDrift(reference, current)
  return {
    reference: { until: new Date(since).toISOString(), images: reference.images },
    current: { images: current.images },
    alarms: alarms.map((figure) => driftFigureNames[figure]),
    tests: tests.map(({ figure, status, effectName, effect, threshold, adjustedP, remark }) => ({
      figure: driftFigureNames[figure],
      status,
      effectName,
      effect,
      threshold,
      adjustedP,
      remark,
    })),
  }
}

function periodOf(screened: readonly ScreenedRow[]): Period {
  const images = screened.map(({ row, models }) => ({ ...row, reason: row.reason?.code, models }))
  const analysed = screened.filter(({ row }) => row.outcome !== 'not-analysed')
  return summarisePeriod(
    '',
    images,
    analysed.map(({ row }) => row.viewPosition ?? 'not stated'),
  )
}

function spreadOf(times: readonly number[]): OperationsSpread {
  if (times.length === 0) return null
  const ascending = times.map((time) => Math.max(0, time)).sort((a, b) => a - b)
  return {
    images: ascending.length,
    medianMs: quantile(ascending, 0.5),
    p95Ms: quantile(ascending, 0.95),
    longestMs: ascending[ascending.length - 1],
  }
}
