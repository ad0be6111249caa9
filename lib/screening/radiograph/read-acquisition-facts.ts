import type { WarningCode } from '../kernel/warnings.ts'
import type { Attributes } from './attributes.ts'
import type { AcquisitionFacts, PixelSpacing } from './radiograph.ts'
import type { TransferSyntax } from './transfer-syntax.ts'

/** Rows and columns may differ by rounding. */
const squareTolerance = 0.01

/** What the data set says of the acquisition, without what names the patient. */
export function readAcquisitionFacts(
  attributes: Attributes,
  syntax: TransferSyntax,
  warnings: WarningCode[],
): AcquisitionFacts {
  const pixelSpacing = readPixelSpacing(attributes)
  if (!pixelSpacing) warnings.push('spacing-unknown')
  else if (pixelSpacing.origin === 'ImagerPixelSpacing') warnings.push('spacing-at-detector')
  if (pixelSpacing && Math.abs(pixelSpacing.rowMm / pixelSpacing.columnMm - 1) > squareTolerance) {
    warnings.push('pixels-not-square')
  }
  if (attributes.text('PresentationIntentType') === 'FOR PROCESSING') warnings.push('for-processing')
  const patientAgeYears = parseAge(attributes.text('PatientAge'))
  if (patientAgeYears === null) warnings.push('age-unknown')
  return {
    format: 'dicom',
    transferSyntaxUid: syntax.uid,
    sopClassUid: readUid(attributes, 'SOPClassUID', warnings),
    sopInstanceUid: readUid(attributes, 'SOPInstanceUID', warnings),
    studyInstanceUid: readUid(attributes, 'StudyInstanceUID', warnings),
    seriesInstanceUid: readUid(attributes, 'SeriesInstanceUID', warnings),
    modality: attributes.text('Modality'),
    bodyPartExamined: attributes.text('BodyPartExamined'),
    viewPosition: attributes.text('ViewPosition'),
    patientOrientation: readOrientation(attributes),
    photometricInterpretation: attributes.text('PhotometricInterpretation'),
    bitsAllocated: attributes.uint16('BitsAllocated') ?? 0,
    bitsStored: attributes.uint16('BitsStored') ?? 0,
    patientAgeYears,
    patientSex: parseSex(attributes.text('PatientSex')),
    manufacturer: attributes.text('Manufacturer'),
    pixelSpacing,
  }
}

/**
 * UIDs of the standard, and names in their place such as SIIM-ACR's `ID_…`; null for what other programs could take
 * for a path or cannot store. @see DICOM PS3.5 9.1
 */
function readUid(
  attributes: Attributes,
  keyword: 'SOPClassUID' | 'SOPInstanceUID' | 'StudyInstanceUID' | 'SeriesInstanceUID',
  warnings: WarningCode[],
): string | null {
  const uid = attributes.text(keyword)
  if (uid === null || /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(uid)) return uid
  if (!warnings.includes('uid-unusable')) warnings.push('uid-unusable')
  return null
}

/** @see DICOM PS3.3 10.7.1.3: the two spacings say different things and are never mixed. */
function readPixelSpacing(attributes: Attributes): PixelSpacing | null {
  const calibrated = readPair(attributes, 'PixelSpacing')
  const atDetector = readPair(attributes, 'ImagerPixelSpacing')
  if (calibrated) {
    // A PixelSpacing that only repeats the detector's was not calibrated. @see PS3.3 10.7.1.3
    const isRepeated =
      atDetector && calibrated.rowMm === atDetector.rowMm && calibrated.columnMm === atDetector.columnMm
    return { ...calibrated, origin: isRepeated ? 'ImagerPixelSpacing' : 'PixelSpacing' }
  }
  if (!atDetector) return null
  const magnification = attributes.number('EstimatedRadiographicMagnificationFactor')
  if (magnification === null || magnification < 1 || magnification > 3)
    return { ...atDetector, origin: 'ImagerPixelSpacing' }
  return {
    rowMm: atDetector.rowMm / magnification,
    columnMm: atDetector.columnMm / magnification,
    origin: 'ImagerPixelSpacing/EstimatedRadiographicMagnificationFactor',
  }
}

function readPair(attributes: Attributes, keyword: 'PixelSpacing' | 'ImagerPixelSpacing') {
  const [rowMm = null, columnMm = rowMm] = attributes.numbers(keyword)
  if (rowMm === null || columnMm === null) return null
  return rowMm > 0 && columnMm > 0 ? { rowMm, columnMm } : null
}

function readOrientation(attributes: Attributes): [string, string] | null {
  const [along, down] = attributes.texts('PatientOrientation')
  const isDirection = (text: string | undefined) => text !== undefined && /^[LRAPHF]{1,3}$/.test(text)
  return isDirection(along) && isDirection(down) ? [along, down] : null
}

/** `064Y`, `018M`, `003W`, `012D`, and the bare number of SIIM-ACR's files. Unit: years. @see DICOM PS3.5 6.2, AS */
export function parseAge(text: string | null): number | null {
  const match = /^(\d{1,3})([YMWD]?)$/.exec(text ?? '')
  if (!match) return null
  const perYear = { Y: 1, M: 12, W: 52.18, D: 365.25, '': 1 }[match[2]] as number
  return Number(match[1]) / perYear
}

const parseSex = (text: string | null): AcquisitionFacts['patientSex'] =>
  text === 'M' || text === 'F' || text === 'O' ? text : null
