import type { StatedRegion } from './clinical-statement.ts'

/** An area in words, with the plane that it holds in. */
export const areaTexts: Readonly<Record<NonNullable<StatedRegion['areaPlane']>, string>> = {
  patient: 'Area',
  'patient-estimated': 'Area, estimated in the patient',
  detector: 'Area at the detector, larger than in the patient',
}
