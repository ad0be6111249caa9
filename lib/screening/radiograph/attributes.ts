import { decodeText } from './character-set.ts'
import type { DataSetReader, ElementMap } from './data-set-reader.ts'
import type { DataElement, Encoding } from './element-header.ts'

/** Attributes that are read, by the keyword of PS3.6. */
const tags = {
  SpecificCharacterSet: 0x00080005,
  ImageType: 0x00080008,
  SOPClassUID: 0x00080016,
  SOPInstanceUID: 0x00080018,
  StudyDate: 0x00080020,
  SeriesDate: 0x00080021,
  AcquisitionDate: 0x00080022,
  ContentDate: 0x00080023,
  AcquisitionDateTime: 0x0008002a,
  StudyTime: 0x00080030,
  AccessionNumber: 0x00080050,
  Modality: 0x00080060,
  PresentationIntentType: 0x00080068,
  Manufacturer: 0x00080070,
  ReferringPhysicianName: 0x00080090,
  CodeValue: 0x00080100,
  CodeMeaning: 0x00080104,
  LongCodeValue: 0x00080119,
  TimezoneOffsetFromUTC: 0x00080201,
  StudyDescription: 0x00081030,
  ProcedureCodeSequence: 0x00081032,
  SeriesDescription: 0x0008103e,
  SeriesDescriptionCodeSequence: 0x0008103f,
  DerivationDescription: 0x00082111,
  AnatomicRegionSequence: 0x00082218,
  PrimaryAnatomicStructureSequence: 0x00082228,
  DerivationCodeSequence: 0x00089215,
  PatientName: 0x00100010,
  PatientID: 0x00100020,
  IssuerOfPatientID: 0x00100021,
  TypeOfPatientID: 0x00100022,
  PatientBirthDate: 0x00100030,
  PatientSex: 0x00100040,
  PatientAge: 0x00101010,
  PatientSpeciesDescription: 0x00102201,
  PatientSpeciesCodeSequence: 0x00102202,
  BodyPartExamined: 0x00180015,
  ProtocolName: 0x00181030,
  EstimatedRadiographicMagnificationFactor: 0x00181114,
  ImagerPixelSpacing: 0x00181164,
  AcquisitionDeviceProcessingDescription: 0x00181400,
  AcquisitionDeviceProcessingCode: 0x00181401,
  PatientPosition: 0x00185100,
  ViewPosition: 0x00185101,
  StudyInstanceUID: 0x0020000d,
  SeriesInstanceUID: 0x0020000e,
  StudyID: 0x00200010,
  PatientOrientation: 0x00200020,
  SamplesPerPixel: 0x00280002,
  PhotometricInterpretation: 0x00280004,
  NumberOfFrames: 0x00280008,
  Rows: 0x00280010,
  Columns: 0x00280011,
  PixelSpacing: 0x00280030,
  BitsAllocated: 0x00280100,
  BitsStored: 0x00280101,
  HighBit: 0x00280102,
  PixelRepresentation: 0x00280103,
  PixelPaddingValue: 0x00280120,
  PixelPaddingRangeLimit: 0x00280121,
  QualityControlImage: 0x00280300,
  BurnedInAnnotation: 0x00280301,
  WindowCenter: 0x00281050,
  WindowWidth: 0x00281051,
  RescaleIntercept: 0x00281052,
  RescaleSlope: 0x00281053,
  VOILUTFunction: 0x00281056,
  LossyImageCompression: 0x00282110,
  LossyImageCompressionRatio: 0x00282112,
  LossyImageCompressionMethod: 0x00282114,
  ModalityLUTSequence: 0x00283000,
  LUTDescriptor: 0x00283002,
  LUTData: 0x00283006,
  VOILUTSequence: 0x00283010,
  StudyPriorityID: 0x0032000c,
  RequestedProcedureDescription: 0x00321060,
  RequestedProcedureCodeSequence: 0x00321064,
  ScheduledProcedureStepDescription: 0x00400007,
  PerformedProcedureStepDescription: 0x00400254,
  PerformedProtocolCodeSequence: 0x00400260,
  RequestAttributesSequence: 0x00400275,
  RequestedProcedureID: 0x00401001,
  RequestedProcedurePriority: 0x00401003,
  ReportingPriority: 0x00401009,
  PlacerOrderNumberImagingServiceRequest: 0x00402016,
  FillerOrderNumberImagingServiceRequest: 0x00402017,
  ViewCodeSequence: 0x00540220,
  ViewModifierCodeSequence: 0x00540222,
  PatientOrientationCodeSequence: 0x00540410,
  PatientOrientationModifierCodeSequence: 0x00540412,
  PresentationLUTShape: 0x20500020,
  FloatPixelData: 0x7fe00008,
  DoubleFloatPixelData: 0x7fe00009,
  PixelData: 0x7fe00010,
} as const

export type Keyword = keyof typeof tags

export const readTags: ReadonlySet<number> = new Set(Object.values(tags))

/** Longer texts are not read: none of the attributes above may be as long. Unit: bytes. */
const maximumTextBytes = 4096
const maximumItems = 16
/** @see DICOM PS3.5 6.2, DS and IS */
const decimalString = /^[+-]?(\d+\.?\d*|\.\d+)(E[+-]?\d+)?$/i

/** The read part of a data set by keyword. What is absent or empty is null or an empty list. */
export class Attributes {
  readonly #elements: ElementMap
  readonly #reader: DataSetReader
  readonly #encoding: Encoding
  readonly #characterSets: readonly string[] = []

  /** @param characterSets Those of the data set that an item lies in. */
  constructor(elements: ElementMap, reader: DataSetReader, encoding: Encoding, characterSets: readonly string[] = []) {
    this.#elements = elements
    this.#reader = reader
    this.#encoding = encoding
    this.#characterSets = elements.has(tags.SpecificCharacterSet) ? this.texts('SpecificCharacterSet') : characterSets
  }

  /** Whether anything that was read so far broke the encoding rules, and was read nevertheless. */
  get isRepaired(): boolean {
    return this.#reader.isRepaired
  }

  has(keyword: Keyword): boolean {
    return this.#elements.has(tags[keyword])
  }

  /** Present and not empty. */
  hasValue(keyword: Keyword): boolean {
    return (this.element(keyword)?.length ?? 0) > 0
  }

  element(keyword: Keyword): DataElement | null {
    return this.#elements.get(tags[keyword]) ?? null
  }

  /** The first value; null when it is empty. */
  text(keyword: Keyword): string | null {
    return this.texts(keyword)[0] || null
  }

  /** All values, trimmed. */
  texts(keyword: Keyword): string[] {
    const element = this.element(keyword)
    if (!element || element.length === 0 || element.length > maximumTextBytes) return []
    const { view } = this.#reader
    const bytes = new Uint8Array(view.buffer, view.byteOffset + element.offset, element.length)
    return decodeText(bytes, this.#characterSets)
      .split('\\')
      .map((part) => part.replaceAll('\0', '').trim())
  }

  /** All values as one text; null when there is none. */
  joined(keyword: Keyword): string | null {
    return this.texts(keyword).join(' ').trim() || null
  }

  /** The value as it lies in the file, one character a byte, without padding; null when absent or beyond any limit. */
  bytes(keyword: Keyword): string | null {
    const element = this.element(keyword)
    if (!element || element.length > maximumTextBytes) return null
    const { view } = this.#reader
    const value = Buffer.from(view.buffer, view.byteOffset + element.offset, element.length).toString('latin1')
    return value.replace(/[ \0]+$/, '')
  }

  /** The first value of a decimal or integer string; null when it is none. */
  number(keyword: Keyword): number | null {
    return this.numbers(keyword)[0] ?? null
  }

  /** Values of a decimal or integer string; null in place of one that is no number. */
  numbers(keyword: Keyword): (number | null)[] {
    return this.texts(keyword).map((text) => {
      const value = decimalString.test(text) ? Number(text) : Number.NaN
      return Number.isFinite(value) ? value : null
    })
  }

  uint16(keyword: Keyword, index = 0): number | null {
    const element = this.element(keyword)
    if (!element || element.length < 2 * (index + 1)) return null
    return this.#reader.view.getUint16(element.offset + 2 * index, this.#encoding.littleEndian)
  }

  int16(keyword: Keyword, index = 0): number | null {
    const value = this.uint16(keyword, index)
    return value === null ? null : (value << 16) >> 16
  }

  /** Number of whole values of two bytes. */
  uint16Count(keyword: Keyword): number {
    return Math.floor((this.element(keyword)?.length ?? 0) / 2)
  }

  /**
   * The first item of a sequence.
   * @throws {StudyRejectedError} truncated, malformed-dicom, too-complex
   */
  firstItem(keyword: Keyword): Attributes | null {
    return this.items(keyword, 1)[0] ?? null
  }

  /**
   * The items of a sequence: no code sequence has more than a few.
   * @throws {StudyRejectedError} truncated, malformed-dicom, too-complex
   */
  items(keyword: Keyword, most = maximumItems): Attributes[] {
    const sequence = this.element(keyword)
    if (!sequence) return []
    return this.#reader
      .readItems(sequence, this.#encoding, readTags, most)
      .map(({ elements, encoding }) => new Attributes(elements, this.#reader, encoding, this.#characterSets))
  }
}
