import type { Interval, Measure } from '../metrics/interval.ts'

const thousands = new Intl.NumberFormat('en-GB')

export const formatCount = (count: number): string => thousands.format(count)

/** 0.123; three decimals unless told. A minus, not a hyphen. */
export function formatNumber(value: number | null | undefined, decimals = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  return value.toFixed(decimals).replace('-', '−')
}

export function formatPercent(fraction: number | null | undefined, decimals = 1): string {
  return fraction === null || fraction === undefined || !Number.isFinite(fraction)
    ? '–'
    : `${(100 * fraction).toFixed(decimals)} %`
}

/** '31 of 120 (25.8 %)'. */
export function formatShare(part: number, whole: number): string {
  return `${formatCount(part)} of ${formatCount(whole)}${whole > 0 ? ` (${formatPercent(part / whole)})` : ''}`
}

/** '0.861 (0.812–0.899)', or why there is none. */
export function formatMeasure(measure: Measure, decimals = 3): string {
  if (measure.value === null) return `undefined: ${measure.why}`
  return `${formatNumber(measure.value, decimals)}${formatInterval(measure.interval, decimals)}`
}

export function formatInterval(interval: Pick<Interval, 'lower' | 'upper'> | null, decimals = 3): string {
  return interval ? ` (${formatNumber(interval.lower, decimals)} to ${formatNumber(interval.upper, decimals)})` : ''
}

export function formatP(p: number): string {
  if (p < 0.001) return '< 0.001'
  return p.toFixed(p < 0.1 ? 3 : 2)
}
