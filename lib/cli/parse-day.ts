import { InvalidArgumentError } from 'commander'

/** A UTC day as 2026-11-28. */
export function parseDay(value: string): string {
  const time = Date.parse(`${value}T00:00:00Z`)
  if (!/^\d{4}-\d\d-\d\d$/.test(value) || Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== value) {
    throw new InvalidArgumentError('A day is written as 2026-11-28.')
  }
  return value
}
