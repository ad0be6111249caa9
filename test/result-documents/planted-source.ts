import { inflateSync } from 'node:zlib'
import type { Element } from '../radiograph/build-dicom.ts'

/* A source with a word of its own in every attribute that may name somebody, and the search for these words. */

const texts: readonly (readonly [group: number, element: number, vr: string])[] = [
  [0x0008, 0x0050, 'SH'], // AccessionNumber
  [0x0008, 0x0080, 'LO'], // InstitutionName
  [0x0008, 0x0081, 'ST'], // InstitutionAddress
  [0x0008, 0x0090, 'PN'], // ReferringPhysicianName
  [0x0008, 0x0092, 'ST'], // ReferringPhysicianAddress
  [0x0008, 0x0094, 'SH'], // ReferringPhysicianTelephoneNumbers
  [0x0008, 0x1010, 'SH'], // StationName
  [0x0008, 0x1030, 'LO'], // StudyDescription
  [0x0008, 0x103e, 'LO'], // SeriesDescription
  [0x0008, 0x1040, 'LO'], // InstitutionalDepartmentName
  [0x0008, 0x1048, 'PN'], // PhysiciansOfRecord
  [0x0008, 0x1050, 'PN'], // PerformingPhysicianName
  [0x0008, 0x1060, 'PN'], // NameOfPhysiciansReadingStudy
  [0x0008, 0x1070, 'PN'], // OperatorsName
  [0x0008, 0x1080, 'LO'], // AdmittingDiagnosesDescription
  [0x0008, 0x2111, 'ST'], // DerivationDescription
  [0x0008, 0x4000, 'LT'], // IdentifyingComments
  [0x0008, 0x0070, 'LO'], // Manufacturer
  [0x0010, 0x0010, 'PN'], // PatientName
  [0x0010, 0x0020, 'LO'], // PatientID
  [0x0010, 0x0021, 'LO'], // IssuerOfPatientID
  [0x0010, 0x1000, 'LO'], // OtherPatientIDs
  [0x0010, 0x1001, 'PN'], // OtherPatientNames
  [0x0010, 0x1005, 'PN'], // PatientBirthName
  [0x0010, 0x1040, 'LO'], // PatientAddress
  [0x0010, 0x1060, 'PN'], // PatientMotherBirthName
  [0x0010, 0x1080, 'LO'], // MilitaryRank
  [0x0010, 0x1090, 'LO'], // MedicalRecordLocator
  [0x0010, 0x2154, 'SH'], // PatientTelephoneNumbers
  [0x0010, 0x2160, 'SH'], // EthnicGroup
  [0x0010, 0x2180, 'SH'], // Occupation
  [0x0010, 0x21b0, 'LT'], // AdditionalPatientHistory
  [0x0010, 0x4000, 'LT'], // PatientComments
  [0x0018, 0x1000, 'LO'], // DeviceSerialNumber
  [0x0018, 0x1030, 'LO'], // ProtocolName
  [0x0020, 0x0010, 'SH'], // StudyID
  [0x0020, 0x4000, 'LT'], // ImageComments
  [0x0032, 0x1032, 'PN'], // RequestingPhysician
  [0x0032, 0x1060, 'LO'], // RequestedProcedureDescription
  [0x0032, 0x4000, 'LT'], // StudyComments
  [0x0040, 0x0006, 'PN'], // ScheduledPerformingPhysicianName
  [0x0040, 0x0254, 'LO'], // PerformedProcedureStepDescription
  [0x0040, 0x1001, 'SH'], // RequestedProcedureID
  [0x0040, 0x2016, 'LO'], // PlacerOrderNumberImagingServiceRequest
  [0x0040, 0x2017, 'LO'], // FillerOrderNumberImagingServiceRequest
  [0x0040, 0xa123, 'PN'], // PersonName
  [0x0009, 0x0010, 'LO'], // a private creator
  [0x0009, 0x1001, 'LO'], // its attribute
]

/** UIDs, dates and times, which have to have the form of one. */
const formed: readonly Element[] = [
  [0x0008, 0x0018, 'UI', '1.2.826.0.90001.1'],
  [0x0020, 0x000d, 'UI', '1.2.826.0.90002.2'],
  [0x0020, 0x000e, 'UI', '1.2.826.0.90003.3'],
  [0x0020, 0x0052, 'UI', '1.2.826.0.90004.4'],
  [0x0008, 0x0012, 'DA', '20210211'],
  [0x0008, 0x0020, 'DA', '20210212'],
  [0x0008, 0x0021, 'DA', '20210213'],
  [0x0008, 0x0022, 'DA', '20210214'],
  [0x0008, 0x0023, 'DA', '20210215'],
  [0x0008, 0x002a, 'DT', '20210216131415'],
  [0x0008, 0x0030, 'TM', '131416'],
  [0x0008, 0x0201, 'SH', '+1345'],
  [0x0010, 0x0030, 'DA', '19330317'],
  [0x0010, 0x0032, 'TM', '131417'],
  [0x0010, 0x0040, 'CS', 'F'],
  [0x0010, 0x1010, 'AS', '087Y'],
]

/** Where a term is expected and some sender writes what it likes. Not those that decide whether an image is screened. */
const terms: readonly (readonly [group: number, element: number, vr: string])[] = [
  [0x0010, 0x0022, 'CS'], // TypeOfPatientID
  [0x0028, 0x0301, 'CS'], // BurnedInAnnotation
  [0x0028, 0x2112, 'DS'], // LossyImageCompressionRatio
  [0x0028, 0x2114, 'CS'], // LossyImageCompressionMethod
]
/** These are refused or unclear with a name in their place, and described all the same. */
const decisiveTerms: readonly (readonly [group: number, element: number, vr: string])[] = [
  [0x0008, 0x0016, 'UI'],
  [0x0008, 0x0060, 'CS'],
  [0x0018, 0x0015, 'CS'],
  [0x0018, 0x5101, 'CS'],
  [0x0020, 0x0020, 'CS'],
  [0x0028, 0x0004, 'CS'],
]

const word = (group: number, element: number): string =>
  `ZQ${((group << 16) | element).toString(36).toUpperCase().replace('-', 'Y')}`

const planted = ([group, element, vr]: readonly [number, number, string]): Element => [
  group,
  element,
  vr,
  word(group, element),
]

/** Each word is in no other attribute. In a sequence in a sequence there are some more. */
export const plantedElements = (isDecisiveToo = false): Element[] => {
  const top = [...texts, ...terms, ...(isDecisiveToo ? decisiveTerms : [])].map(planted)
  const deep = [...texts.slice(0, 12), ...texts.slice(18, 24)].map(
    ([group, element, vr]): Element => [group, element, vr, `${word(group, element)}DEEP`],
  )
  return [
    ...top,
    ...formed,
    [0x0040, 0x0275, 'SQ', [[...deep, [0x0008, 0x1110, 'SQ', [[[0x0008, 0x1155, 'UI', '1.2.826.0.90005.5']]]]]]],
    [0x0008, 0x1140, 'SQ', [[[0x0008, 0x1155, 'UI', '1.2.826.0.90006.6']]]],
  ]
}

/** Every planted value, and the forms that dates and UIDs take in other documents. */
export function plantedWords(elements: readonly Element[]): string[] {
  return elements.flatMap(([, , vr, value]): string[] => {
    if (vr === 'SQ') return (value as readonly (readonly Element[])[]).flatMap(plantedWords)
    const text = value as string
    if (vr === 'DA') return [text, text.replace(/(....)(..)(..)/, '$1-$2-$3')]
    if (vr === 'DT') return [text, text.slice(0, 8), '2021-02-16']
    if (vr === 'TM') return [text, text.replace(/(..)(..)(..)/, '$1:$2:$3')]
    // A sex alone is in every word.
    return text.length < 4 ? [] : [text]
  })
}

/** Which of the words stand in the bytes: as text in either width, in base64, in hexadecimal, or deflated in a PNG. */
export function wordsIn(bytes: Uint8Array, words: readonly string[]): string[] {
  const layers = [Buffer.from(bytes), ...pngLayers(Buffer.from(bytes))].map((layer) =>
    layer.toString('latin1').toLowerCase(),
  )
  return words.filter((word) => formsOf(word).some((form) => layers.some((layer) => layer.includes(form))))
}

function formsOf(text: string): string[] {
  const plain = Buffer.from(text, 'latin1')
  const wide = Buffer.from(text, 'utf16le')
  // Both byte orders: without its first or last zero the one holds the other.
  const forms = [plain, wide.subarray(0, -1)]
  const encoded = forms.flatMap((form) => [form.toString('hex'), ...base64Of(form)])
  return [...forms.map((form) => form.toString('latin1')), ...encoded].map((form) => form.toLowerCase())
}

/** What of the base64 does not hang on what stands before and behind. */
const base64Of = (bytes: Buffer): string[] =>
  [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '')
    return text.slice(before === 0 ? 0 : before + 1, (bytes.length + before) % 3 === 0 ? undefined : -1)
  })

/** The pixels of a PNG, and what its compressed texts hold. @see PNG, 4th edition, 11.3.3 */
function pngLayers(bytes: Buffer): Buffer[] {
  if (bytes.toString('latin1', 1, 4) !== 'PNG') return []
  const pixels: Buffer[] = []
  const texts: Buffer[] = []
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const kind = bytes.toString('latin1', at + 4, at + 8)
    const body = bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at))
    if (kind === 'IDAT') pixels.push(body)
    if (kind === 'zTXt') texts.push(inflateSync(body.subarray(body.indexOf(0) + 2)))
    if (kind === 'iCCP') texts.push(inflateSync(body.subarray(body.indexOf(0) + 2)))
  }
  return [inflateSync(Buffer.concat(pixels)), ...texts]
}

/** The kinds of chunks of a PNG, each once. */
export function chunksOf(bytes: Uint8Array): string[] {
  const png = Buffer.from(bytes)
  const kinds = new Set<string>()
  for (let at = 8; at + 12 <= png.length; at += 12 + png.readUInt32BE(at)) {
    kinds.add(png.toString('latin1', at + 4, at + 8))
  }
  return [...kinds]
}
