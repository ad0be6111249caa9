import type { AcquisitionFacts, GreyscalePresentation, Radiograph } from '../../lib/screening/radiograph/radiograph.ts'

const facts: AcquisitionFacts = {
  format: 'dicom',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  sopClassUid: null,
  sopInstanceUid: null,
  studyInstanceUid: null,
  seriesInstanceUid: null,
  modality: 'CR',
  bodyPartExamined: null,
  viewPosition: null,
  patientOrientation: null,
  orientationUnusable: false,
  photometricInterpretation: 'MONOCHROME2',
  bitsAllocated: 16,
  bitsStored: 12,
  patientAgeYears: null,
  patientSex: null,
  manufacturer: null,
  pixelSpacing: null,
  rescale: null,
}

const presentation: GreyscalePresentation = {
  modality: { kind: 'identity' },
  window: null,
  voiLut: null,
  inverted: false,
  padding: null,
}

/** A radiograph of 12 bits unless said otherwise; one row unless rows are given. */
export function buildRadiograph(
  values: Radiograph['values'],
  options: Partial<GreyscalePresentation> & { rows?: number; bitsStored?: number; format?: 'dicom' | 'png' } = {},
): Radiograph {
  const { rows = 1, bitsStored = 12, format = 'dicom', ...shown } = options
  return {
    rows,
    columns: values.length / rows,
    values,
    facts: { ...facts, bitsStored, format },
    identity: null,
    presentation: { ...presentation, ...shown },
    warnings: ['spacing-unknown'],
  }
}
