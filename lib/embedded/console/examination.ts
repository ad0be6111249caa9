import { createHmac } from 'node:crypto'
import type { Priors } from '../../console/contract/priors.ts'
import type { SourceIdentity } from '../../screening/radiograph/source-identity.ts'

/** Of whom and when an image was taken, as far as two of them can be compared; names nobody. */
export interface Examination {
  /** Keyed digest of issuer and patient identifier; null where the file names no patient. */
  readonly patientKey: string | null
  readonly isIssuerKnown: boolean
  /** Keyed digests of what must not differ in one patient; null where the file does not say it. */
  readonly birthKey: string | null
  readonly sexKey: string | null
  readonly studyInstanceUid: string | null
  /** `yyyy-mm-dd`. */
  readonly date: string | null
  /** `hhmmss`, as much of it as is known; null: not at all. */
  readonly time: string | null
}

/** What stands where an identifier should, and is that of many patients. */
const namesNobody = /^(0+|x+|anon\w*|unknown|unk|none|null|n\/?a|test|no ?name|nobody|patient)$/i

/** @param key Secret: without it a guessed identifier cannot be held against the digests. */
export function examinationOf(identity: SourceIdentity | null, key: Uint8Array): Examination {
  const patientId = textOf(identity, 'PatientID')
  const issuer = textOf(identity, 'IssuerOfPatientID')
  const digest = (of: string, ...words: readonly string[]): string =>
    createHmac('sha256', key)
      .update([of, ...words].join('\0'))
      .digest('hex')
  const birth = dateOf(textOf(identity, 'PatientBirthDate'))
  const sex = /^[MF]$/.exec(textOf(identity, 'PatientSex') ?? '')?.[0]
  const isNamed = patientId !== null && !namesNobody.test(patientId)
  return {
    patientKey: isNamed ? digest('patient', issuer ?? '', patientId) : null,
    isIssuerKnown: issuer !== null,
    birthKey: birth && digest('birth', birth),
    sexKey: sex ? digest('sex', sex) : null,
    studyInstanceUid: textOf(identity, 'StudyInstanceUID'),
    date: dateOf(textOf(identity, 'StudyDate')),
    time: /^\d{2,6}/.exec(textOf(identity, 'StudyTime')?.replaceAll(':', '') ?? '')?.[0] ?? null,
  }
}

/** Spaces around a value, and what pads it, mean nothing. @see DICOM PS3.5 6.2 */
function textOf(identity: SourceIdentity | null, keyword: keyof SourceIdentity): string | null {
  return identity?.[keyword]?.replaceAll(/^[\s\0]+|[\s\0]+$/g, '') || null
}

/** `yyyymmdd`, or `yyyy.mm.dd` of files from before 1993. Null for what is no day. */
function dateOf(value: string | null): string | null {
  const [, year, month, day] = /^(\d{4})\.?(\d\d)\.?(\d\d)$/.exec(value ?? '') ?? []
  if (year === undefined) return null
  const iso = `${year}-${month}-${day}`
  const time = Date.parse(`${iso}T00:00:00Z`)
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(iso) ? iso : null
}

/** Whether two images are known to be of one patient: a wrong patient's picture is worse than none. */
function isSamePatient(a: Examination, b: Examination): boolean {
  const differs = (one: string | null, other: string | null) => one !== null && other !== null && one !== other
  if (a.patientKey === null || a.patientKey !== b.patientKey) return false
  return !differs(a.birthKey, b.birthKey) && !differs(a.sexKey, b.sexKey)
}

/** Whether an image is of another, earlier study of the same patient. */
export function isPrior(candidate: Examination, current: Examination): boolean {
  if (!isSamePatient(candidate, current) || candidate.date === null || current.date === null) return false
  if (candidate.studyInstanceUid !== null && candidate.studyInstanceUid === current.studyInstanceUid) return false
  if (candidate.date !== current.date) return candidate.date < current.date
  const digits = Math.min(candidate.time?.length ?? 0, current.time?.length ?? 0)
  // Of one day: earlier as far as both times say it.
  return digits > 0 && candidate.time!.slice(0, digits) < current.time!.slice(0, digits)
}

export interface FoundPrior {
  readonly studyId: string
  readonly examination: Examination
  readonly isAnalysed: boolean
}

const dayMs = 86_400_000

/** @param found Priors of `current`, in any order; the newest are told. */
export function describePriors(
  current: Examination,
  found: readonly FoundPrior[],
  most: number,
): Pick<Priors, 'studyDate' | 'priors' | 'isIssuerKnown' | 'unknown'> {
  const { patientKey, date, isIssuerKnown } = current
  const moment = ({ date, time }: Examination): string => `${date} ${time ?? ''}`
  return {
    studyDate: date,
    isIssuerKnown,
    unknown: patientKey === null ? 'no-patient-identifier' : date === null ? 'no-study-date' : null,
    priors: [...found]
      .sort((a, b) => compare(moment(b.examination), moment(a.examination)) || compare(a.studyId, b.studyId))
      .slice(0, most)
      .map(({ studyId, examination, isAnalysed }) => ({
        studyId,
        studyDate: examination.date!,
        isAnalysed,
        daysBefore: Math.round((Date.parse(date!) - Date.parse(examination.date!)) / dayMs),
      })),
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
