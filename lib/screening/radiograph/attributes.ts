import type dicomParser from 'dicom-parser'
import { StudyRejectedError } from '../kernel/errors.ts'

/** Attributes that are read, by the keyword of PS3.6. */
const tags = {
  SOPClassUID: 'x00080016',
  SOPInstanceUID: 'x00080018',
  Modality: 'x00080060',
  PresentationIntentType: 'x00080068',
  Manufacturer: 'x00080070',
  PatientSex: 'x00100040',
  PatientAge: 'x00101010',
  BodyPartExamined: 'x00180015',
  ImagerPixelSpacing: 'x00181164',
  EstimatedRadiographicMagnificationFactor: 'x00181114',
  ViewPosition: 'x00185101',
  StudyInstanceUID: 'x0020000d',
  SeriesInstanceUID: 'x0020000e',
  PatientOrientation: 'x00200020',
  SamplesPerPixel: 'x00280002',
  PhotometricInterpretation: 'x00280004',
  NumberOfFrames: 'x00280008',
  Rows: 'x00280010',
  Columns: 'x00280011',
  PixelSpacing: 'x00280030',
  BitsAllocated: 'x00280100',
  BitsStored: 'x00280101',
  HighBit: 'x00280102',
  PixelRepresentation: 'x00280103',
  PixelPaddingValue: 'x00280120',
  PixelPaddingRangeLimit: 'x00280121',
  WindowCenter: 'x00281050',
  WindowWidth: 'x00281051',
  RescaleIntercept: 'x00281052',
  RescaleSlope: 'x00281053',
  VOILUTFunction: 'x00281056',
  ModalityLUTSequence: 'x00283000',
  LUTDescriptor: 'x00283002',
  LUTData: 'x00283006',
  VOILUTSequence: 'x00283010',
  ViewCodeSequence: 'x00540220',
  CodeValue: 'x00080100',
  PresentationLUTShape: 'x20500020',
  FloatPixelData: 'x7fe00008',
  DoubleFloatPixelData: 'x7fe00009',
} as const

export type Keyword = keyof typeof tags

/** A parsed data set by keyword. Absent, empty and unreadable values are null; texts are trimmed and in ASCII terms. */
export class Attributes {
  readonly #dataSet: dicomParser.DataSet

  constructor(dataSet: dicomParser.DataSet) {
    this.#dataSet = dataSet
  }

  has(keyword: Keyword): boolean {
    return this.#dataSet.elements[tags[keyword]] !== undefined
  }

  /** The first value. */
  text(keyword: Keyword): string | null {
    return this.texts(keyword)[0] ?? null
  }

  texts(keyword: Keyword): string[] {
    const element = this.#dataSet.elements[tags[keyword]]
    if (!element || element.length === 0 || element.length > 4096 || element.items) return []
    const value = this.#dataSet.string(tags[keyword])
    if (!value) return []
    return value.split('\\').map((part) => part.replace(/\0/g, '').trim())
  }

  /** The first value of a decimal or integer string. */
  number(keyword: Keyword): number | null {
    return this.numbers(keyword)[0] ?? null
  }

  /** Values of a decimal or integer string; a value that is no number ends the list. */
  numbers(keyword: Keyword): number[] {
    const values: number[] = []
    for (const text of this.texts(keyword)) {
      const value = text === '' ? Number.NaN : Number(text)
      if (!Number.isFinite(value)) break
      values.push(value)
    }
    return values
  }

  uint16(keyword: Keyword, index = 0): number | null {
    const element = this.#dataSet.elements[tags[keyword]]
    return element && element.length >= 2 * (index + 1) ? (this.#dataSet.uint16(tags[keyword], index) ?? null) : null
  }

  int16(keyword: Keyword, index = 0): number | null {
    const value = this.uint16(keyword, index)
    return value === null ? null : (value << 16) >> 16
  }

  /** The first item of a sequence. */
  firstItem(keyword: Keyword): Attributes | null {
    const item = this.#dataSet.elements[tags[keyword]]?.items?.[0]?.dataSet
    return item ? new Attributes(item) : null
  }

  /** Number of values of two bytes. */
  uint16Count(keyword: Keyword): number {
    return Math.floor((this.#dataSet.elements[tags[keyword]]?.length ?? 0) / 2)
  }

  /** @throws {StudyRejectedError} truncated, when an element reaches beyond the end of the bytes */
  assertWithin(length: number): void {
    for (const element of Object.values(this.#dataSet.elements)) {
      if (element.tag !== 'x7fe00010' && element.dataOffset + element.length > length) {
        throw new StudyRejectedError('truncated', `element ${element.tag} reaches beyond the end of the file`)
      }
    }
  }
}
