/** A range that covers the true value in `level` of all repetitions of the study. */
export interface Interval {
  readonly lower: number
  readonly upper: number
  /** Range: (0, 1), usually 0.95. */
  readonly level: number
  readonly method: 'Wilson' | 'DeLong' | 'Newcombe' | 'bootstrap' | 'bootstrap by patient'
}

/** A figure with its interval, or the reason for which it does not exist: never NaN. */
export type Measure =
  | { readonly value: number; readonly interval: Interval | null }
  | { readonly value: null; readonly why: string }

/** A measure of a figure that may not exist. */
export function measureOf(value: number | null, interval: Interval | null, why: string): Measure {
  return value === null || !Number.isFinite(value) ? { value: null, why } : { value, interval }
}
