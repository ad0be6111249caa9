import { createRandom, type Random } from './random.ts'

/** How a day's images are spread over its hours (weights of 24 hours) and over the week. */
interface Pattern {
  readonly hours: readonly number[]
  /** Images of a weekend day, as a share of a working day's. */
  readonly weekend: number
}

const hours = (weight: (hour: number) => number): number[] => Array.from({ length: 24 }, (_, hour) => weight(hour))

export const patterns = {
  /** Outpatients: working days from 7 to 18, most before noon. */
  'office-hours': { hours: hours((h) => (h < 7 || h >= 18 ? 0 : h < 12 ? 1.4 : 1)), weekend: 0 },
  /** A hospital: day and night, three times as much by day. */
  'around-the-clock': { hours: hours((h) => (h >= 7 && h < 19 ? 3 : 1)), weekend: 0.6 },
  /** A screening programme that uploads its day between 20 and 22. */
  'night-batch': { hours: hours((h) => (h >= 20 && h < 22 ? 1 : 0)), weekend: 0 },
  /** An archive that is sent at an even pace, day and night. */
  steady: { hours: hours(() => 1), weekend: 1 },
} as const satisfies Record<string, Pattern>

export type PatternName = keyof typeof patterns

export interface Arrival {
  /** Seconds since Monday, 0:00. */
  readonly at: number
  readonly lane: 'stat' | 'routine'
}

/**
 * Arrivals of a number of days from Monday, in order of time: a Poisson process whose rate changes by the hour.
 * `imagesPerDay` is the mean of a working day.
 */
export function* drawArrivals(
  options: { imagesPerDay: number; pattern: PatternName; days: number; statShare: number },
  seed: number,
): Generator<Arrival> {
  const { imagesPerDay, pattern, days, statShare } = options
  const { hours: weights, weekend } = patterns[pattern]
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  const random: Random = createRandom(seed)
  for (let hour = 0; hour < days * 24; hour++) {
    const isWeekend = Math.floor(hour / 24) % 7 >= 5
    const perSecond = (imagesPerDay * (isWeekend ? weekend : 1) * weights[hour % 24]) / whole / 3600
    if (perSecond === 0) continue
    // A Poisson process has no memory: when the hour turns, the next arrival is drawn anew at the new rate.
    for (let at = random.exponential(perSecond); at < 3600; at += random.exponential(perSecond)) {
      yield { at: hour * 3600 + at, lane: random.uniform() < statShare ? 'stat' : 'routine' }
    }
  }
}
