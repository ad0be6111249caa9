import type { SourceIdentity } from '../../radiograph/source-identity.ts'

/** When the study was made, as far as the source says so in a form that is a time. */
export interface StudyTime {
  /** yyyymmdd */
  readonly date: string
  /** hhmmss; null when unknown. */
  readonly time: string | null
  /** As in `+0100`; null when unknown: the time is then that of some clock on the wall. */
  readonly offset: string | null
}

export function studyTime({ StudyDate, StudyTime, TimezoneOffsetFromUTC }: SourceIdentity): StudyTime | null {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(StudyDate ?? '') ?? []
  if (!year || !isDay(Number(year), Number(month), Number(day))) return null
  const [, hours, minutes = '00', seconds = '00'] =
    /^([01]\d|2[0-3])(?:([0-5]\d)(?:([0-5]\d)(?:\.\d{1,6})?)?)?$/.exec(StudyTime ?? '') ?? []
  const offset = /^[+-](0\d|1[0-4])[0-5]\d$/.test(TimezoneOffsetFromUTC ?? '') ? TimezoneOffsetFromUTC : null
  return { date: `${year}${month}${day}`, time: hours ? `${hours}${minutes}${seconds}` : null, offset: offset ?? null }
}

/** Whether the calendar has such a day: a receiver refuses the whole message for the 31st of February. */
export function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}
