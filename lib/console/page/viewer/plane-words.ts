import type { FrameFacts } from '../../contract/frame.ts'

type Spacing = NonNullable<FrameFacts['spacing']>

/** Of which plane lengths and areas are: at the detector everything is larger than in the patient. */
export const planeWords: Record<Spacing['plane'], string> = {
  patient: '',
  'patient-estimated': ' (estimated)',
  detector: ' at the detector',
}

/** An area in words: square centimetres where the spacing is known. */
export function describeArea(areaPixels: number, spacing: FrameFacts['spacing']): string {
  if (!spacing) return `${areaPixels} pixels`
  return `${((areaPixels * spacing.rowMm * spacing.columnMm) / 100).toFixed(1)} cm²${planeWords[spacing.plane]}`
}
