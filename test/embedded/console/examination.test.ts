import { describe, expect, it } from 'vitest'
import { describePriors, type Examination, examinationOf, isPrior } from '../../../lib/embedded/console/examination.ts'
import type { SourceIdentity } from '../../../lib/screening/radiograph/source-identity.ts'

const key = new Uint8Array(32).fill(7)
const current: SourceIdentity = {
  PatientID: '4711',
  IssuerOfPatientID: 'NORTH',
  PatientBirthDate: '19500203',
  PatientSex: 'F',
  StudyInstanceUID: '1.2.3',
  StudyDate: '20240310',
  StudyTime: '101500.25',
}
const earlier: SourceIdentity = { ...current, StudyInstanceUID: '1.2.2', StudyDate: '20231101' }
const examine = (identity: SourceIdentity | null, secret = key): Examination => examinationOf(identity, secret)
const isPriorOf = (candidate: SourceIdentity | null, of: SourceIdentity | null = current): boolean =>
  isPrior(examine(candidate), examine(of))

describe('a prior', () => {
  it('is of the same patient, by identifier and issuer, and taken earlier', () => {
    expect(isPriorOf(earlier)).toBe(true)
    expect(isPriorOf(current, earlier)).toBe(false)
  })

  it.each<[string, SourceIdentity]>([
    ['another identifier', { PatientID: '4712' }],
    ['an identifier in other letters', { PatientID: 'a4711' }],
    ['another issuer', { IssuerOfPatientID: 'SOUTH' }],
    ['no issuer where the other has one', { IssuerOfPatientID: '' }],
    ['another birth date', { PatientBirthDate: '19500204' }],
    ['another sex', { PatientSex: 'M' }],
    ['no date', { StudyDate: '' }],
    ['a date that is no day', { StudyDate: '20230231' }],
    ['the same study', { StudyInstanceUID: '1.2.3' }],
    ['the same day, at a later time', { StudyDate: '20240310', StudyTime: '1016' }],
    ['the same day, at no time', { StudyDate: '20240310', StudyTime: '' }],
    ['the same day, in the same hour and no more is known', { StudyDate: '20240310', StudyTime: '10' }],
    ['a later day', { StudyDate: '20240311' }],
  ])('is none with %s', (_, change) => {
    expect(isPriorOf({ ...earlier, ...change })).toBe(false)
  })

  it.each<[string, SourceIdentity]>([
    ['an unknown birth date', { PatientBirthDate: '' }],
    ['a sex that is neither', { PatientSex: 'O' }],
    ['spaces around the identifier', { PatientID: ' 4711 ' }],
    ['a padded issuer', { IssuerOfPatientID: 'NORTH\0' }],
    ['a date with dots', { StudyDate: '2023.11.01' }],
    ['the same day, at an earlier time', { StudyDate: '20240310', StudyTime: '08' }],
    ['no study identifier', { StudyInstanceUID: '' }],
  ])('may have %s', (_, change) => {
    expect(isPriorOf({ ...earlier, ...change })).toBe(true)
  })

  it('does not begin where an issuer ends: neither lends the other its letters', () => {
    const split = (IssuerOfPatientID: string, PatientID: string): SourceIdentity => ({
      ...earlier,
      IssuerOfPatientID,
      PatientID,
    })
    expect(isPriorOf(split('AB', 'C'), { ...current, IssuerOfPatientID: 'A', PatientID: 'BC' })).toBe(false)
  })

  it.each(['', '0', '0000', 'UNKNOWN', 'anonymous', 'ANON123', 'N/A', 'none', 'XXXX'])(
    'is nobody by the identifier %j, which many share',
    (PatientID) => {
      expect(isPriorOf({ ...earlier, PatientID }, { ...current, PatientID })).toBe(false)
      expect(describePriors(examine({ ...current, PatientID }), [], 20).unknown).toBe('no-patient-identifier')
    },
  )

  it('needs a file that says whose it is', () => {
    expect(isPriorOf(null, null)).toBe(false)
    expect(describePriors(examine(null), [], 20)).toMatchObject({ unknown: 'no-patient-identifier', priors: [] })
  })
})

describe('what is kept and told', () => {
  it('names nobody, and is another under another key', () => {
    const kept = JSON.stringify(examine(current))
    expect(kept).not.toMatch(/4711|NORTH|1950/)
    expect(examine(current, new Uint8Array(32)).patientKey).not.toBe(examine(current).patientKey)
  })

  it('has the newest first, and only so many', () => {
    const found = ['20230101', '20240101', '20220101'].map((StudyDate) => ({
      studyId: StudyDate,
      examination: examine({ ...earlier, StudyDate }),
      isAnalysed: true,
    }))
    const told = describePriors(examine(current), found, 2)
    expect(told).toEqual({
      studyDate: '2024-03-10',
      isIssuerKnown: true,
      unknown: null,
      priors: [
        { studyId: '20240101', studyDate: '2024-01-01', isAnalysed: true, daysBefore: 69 },
        { studyId: '20230101', studyDate: '2023-01-01', isAnalysed: true, daysBefore: 434 },
      ],
    })
  })

  it('says why nothing can be earlier than an examination without a date', () => {
    expect(describePriors(examine({ ...current, StudyDate: '' }), [], 20).unknown).toBe('no-study-date')
  })
})
