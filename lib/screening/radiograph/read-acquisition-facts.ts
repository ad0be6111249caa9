import type { WarningCode } from '../kernel/warnings.ts'
import type { Attributes } from './attributes.ts'
import { parseOrientation } from './parse-orientation.ts'
import type { AcquisitionFacts, PixelSpacing } from './radiograph.ts'
import { readRequestPriority } from './request-priority.ts'
import type { TransferSyntax } from './transfer-syntax.ts'

/** How much the spacing of rows and columns may differ by rounding, as a share. */
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
  const patientAgeYears = parseAge(attributes.text('PatientAge')) ?? readAgeByDates(attributes)
  if (patientAgeYears === null) warnings.push('age-unknown')
  const requestPriority = readRequestPriority(attributes)
  const orientation = parseOrientation(attributes.texts('PatientOrientation'))
  if (orientation === 'unusable') warnings.push('orientation-unusable')
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
    patientOrientation: orientation === 'unusable' ? null : orientation,
    orientationUnusable: orientation === 'unusable',
    photometricInterpretation: attributes.text('PhotometricInterpretation'),
    bitsAllocated: attributes.uint16('BitsAllocated') ?? 0,
    bitsStored: attributes.uint16('BitsStored') ?? 0,
    patientAgeYears,
    patientSex: parseSex(attributes.text('PatientSex')),
    manufacturer: attributes.text('Manufacturer'),
    ...(requestPriority && { requestPriority }),
    pixelSpacing,
    rescale: null,
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
  warnings.push('uid-unusable')
  return null
}

/**
 * PixelSpacing where it differs from the detector's: the sender has calibrated it, and no magnification is applied to it
 * again. Where it only repeats the detector's it was not, and counts as absent. Alone it is believed.
 * @see DICOM PS3.3 10.7.1.1
 */
function readPixelSpacing(attributes: Attributes): PixelSpacing | null {
  const calibrated = readPair(attributes, 'PixelSpacing')
  const atDetector = readPair(attributes, 'ImagerPixelSpacing')
  const isRepeated = calibrated && calibrated.rowMm === atDetector?.rowMm && calibrated.columnMm === atDetector.columnMm
  if (calibrated && !isRepeated) return { ...calibrated, origin: 'PixelSpacing' }
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

/**
 * `064Y`, `018M`, `003W`, `012D`, and the bare number of SIIM-ACR's files. `000Y` counts as unknown: anonymisers write
 * it, and the age of a child under one year is given in months, weeks or days. Unit: years. @see DICOM PS3.5 6.2, AS
 */
export function parseAge(text: string | null): number | null {
  const match = /^(\d{1,3}) ?([YMWD]?)$/.exec(text?.toUpperCase() ?? '')
  if (!match) return null
  const years = Number(match[1])
  if (years === 0 && (match[2] === 'Y' || match[2] === '')) return null
  const perYear = { Y: 1, M: 12, W: 52.18, D: 365.25, '': 1 }[match[2]] as number
  return years / perYear
}

/** A greater age comes of a birth date that an anonymiser made up. Unit: years. */
const maximumAgeYears = 120
const dateKeywords = ['StudyDate', 'AcquisitionDate', 'AcquisitionDateTime', 'SeriesDate', 'ContentDate'] as const

/** From PatientBirthDate to the first date of the image that is known. Unit: years. */
function readAgeByDates(attributes: Attributes): number | null {
  const born = parseDate(attributes.text('PatientBirthDate'))
  if (born === null) return null
  for (const keyword of dateKeywords) {
    const taken = parseDate(attributes.text(keyword))
    if (taken === null) continue
    const years = (taken - born) / millisecondsPerYear
    return years >= 0 && years <= maximumAgeYears ? years : null
  }
  return null
}

const millisecondsPerYear = 365.25 * 24 * 60 * 60 * 1000

/**
 * `20240301`, and ACR-NEMA's `2024.03.01`. A year, or a year and month, counts as its middle. Unit: ms since the epoch.
 */
function parseDate(text: string | null): number | null {
  const match = /^(\d{4})[.\-/]?(\d{2})?[.\-/]?(\d{2})?/.exec(text ?? '')
  if (!match) return null
  const [year, month, day] = [match[1], match[2] ?? '07', match[3] ?? (match[2] ? '15' : '01')].map(Number)
  const isDate = year >= 1850 && month >= 1 && month <= 12 && day >= 1 && day <= 31
  return isDate ? Date.UTC(year, month - 1, day) : null
}

const parseSex = (text: string | null): AcquisitionFacts['patientSex'] =>
  text === 'M' || text === 'F' || text === 'O' ? text : null
