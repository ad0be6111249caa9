import type { DicomElement } from './dicom-writer.ts'
import type { PhantomDescription } from './phantom.ts'
import { phantomUid } from './phantom-uid.ts'
import { createRandom } from './seeded-random.ts'
import { isLossy, type TransferSyntax } from './transfer-syntax.ts'

/**
 * `DX`, `CR`: what a digital or computed radiography system sends. `siim`: the SIIM-ACR set's own quirks,
 * Secondary Capture with modality CR and a bare age, not valid by the letter.
 */
export type PhantomObject = 'DX' | 'CR' | 'siim'

export interface PhantomFormat {
  readonly object: PhantomObject
  readonly syntax: TransferSyntax
  readonly bitsStored: 8 | 10 | 12 | 14 | 16
  readonly photometric: 'MONOCHROME1' | 'MONOCHROME2'
  /** How the window is told: center and width, a VOI LUT, or not at all (an 8-bit image needs none). */
  readonly voi: 'window' | 'lut' | 'none'
}

export interface PhantomIdentity {
  readonly studyInstanceUid: string
  readonly seriesInstanceUid: string
  readonly sopInstanceUid: string
}

export function phantomIdentity(seed: number, set = ''): PhantomIdentity {
  return {
    studyInstanceUid: phantomUid(`${set} study ${seed}`),
    seriesInstanceUid: phantomUid(`${set} series ${seed}`),
    sopInstanceUid: phantomUid(`${set} instance ${seed}`),
  }
}

const sopClasses: Record<PhantomObject, string> = {
  CR: '1.2.840.10008.5.1.4.1.1.1',
  DX: '1.2.840.10008.5.1.4.1.1.1.1',
  siim: '1.2.840.10008.5.1.4.1.1.7',
}

/** Phantoms were never taken: a date that nobody mistakes for a real examination. */
const date = '20200101'
const time = '120000'

/** All attributes of the object but the pixel data. @see DICOM PS3.3 A.2, A.8, A.26 */
export function phantomElements(
  description: PhantomDescription,
  size: { readonly rows: number; readonly columns: number },
  format: PhantomFormat,
  identity: PhantomIdentity,
): DicomElement[] {
  return [
    ...patientAndStudy(description, format, identity),
    ...seriesAndEquipment(description, format, identity),
    ...imageModules(description, format),
    ...pixelAttributes(description, size, format),
    ...greyscale(format),
  ]
}

function patientAndStudy(
  { seed, sex }: PhantomDescription,
  { object }: PhantomFormat,
  identity: PhantomIdentity,
): DicomElement[] {
  const number = String(seed).padStart(4, '0')
  const years = createRandom(seed, 'age').integer(18, 89)
  return [
    { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 100' },
    { tag: 0x00080016, vr: 'UI', value: sopClasses[object] },
    { tag: 0x00080018, vr: 'UI', value: identity.sopInstanceUid },
    { tag: 0x00080020, vr: 'DA', value: date },
    { tag: 0x00080030, vr: 'TM', value: time },
    { tag: 0x00080050, vr: 'SH', value: '' },
    { tag: 0x00080090, vr: 'PN', value: '' },
    { tag: 0x00081030, vr: 'LO', value: 'Synthetic phantom, not a patient' },
    { tag: 0x00100010, vr: 'PN', value: `PHANTOM^${number}` },
    { tag: 0x00100020, vr: 'LO', value: `PHANTOM-${number}` },
    { tag: 0x00100030, vr: 'DA', value: '' },
    { tag: 0x00100040, vr: 'CS', value: sex },
    { tag: 0x00101010, vr: 'AS', value: object === 'siim' ? String(years) : `${String(years).padStart(3, '0')}Y` },
    { tag: 0x0020000d, vr: 'UI', value: identity.studyInstanceUid },
    { tag: 0x00200010, vr: 'SH', value: `P${number}`.slice(0, 16) },
  ]
}

function seriesAndEquipment(
  { view }: PhantomDescription,
  { object }: PhantomFormat,
  identity: PhantomIdentity,
): DicomElement[] {
  return [
    { tag: 0x00080060, vr: 'CS', value: object === 'DX' ? 'DX' : 'CR' },
    ...(object === 'siim' ? ([{ tag: 0x00080064, vr: 'CS', value: 'WSD' }] as const) : []),
    ...(object === 'DX' ? ([{ tag: 0x00080068, vr: 'CS', value: 'FOR PRESENTATION' }] as const) : []),
    { tag: 0x00080070, vr: 'LO', value: 'Pleura phantom' },
    { tag: 0x00081090, vr: 'LO', value: 'lib/phantom' },
    { tag: 0x0008103e, vr: 'LO', value: `Chest ${view}, synthetic` },
    { tag: 0x00180015, vr: 'CS', value: 'CHEST' },
    { tag: 0x00185101, vr: 'CS', value: view },
    { tag: 0x0020000e, vr: 'UI', value: identity.seriesInstanceUid },
    { tag: 0x00200011, vr: 'IS', value: '1' },
  ]
}

function imageModules({ view }: PhantomDescription, { object, syntax }: PhantomFormat): DicomElement[] {
  const elements: DicomElement[] = [
    { tag: 0x00080008, vr: 'CS', value: ['DERIVED', 'PRIMARY'] },
    { tag: 0x00082111, vr: 'ST', value: 'Drawn by a program' },
    { tag: 0x00200013, vr: 'IS', value: '1' },
    { tag: 0x00200020, vr: 'CS', value: ['L', 'F'] },
    { tag: 0x00280301, vr: 'CS', value: 'NO' },
    { tag: 0x00282110, vr: 'CS', value: isLossy(syntax) ? '01' : '00' },
  ]
  if (isLossy(syntax)) {
    elements.push({ tag: 0x00282112, vr: 'DS', value: '8' }, { tag: 0x00282114, vr: 'CS', value: 'ISO_10918_1' })
  }
  if (object !== 'DX') return elements
  const code = (value: string, scheme: string, meaning: string): DicomElement[] => [
    { tag: 0x00080100, vr: 'SH', value },
    { tag: 0x00080102, vr: 'SH', value: scheme },
    { tag: 0x00080104, vr: 'LO', value: meaning },
  ]
  // CID 4010, DX View.
  const viewCode =
    view === 'PA' ? code('272479007', 'SCT', 'postero-anterior') : code('399348003', 'SCT', 'antero-posterior')
  return [
    ...elements,
    { tag: 0x00082218, vr: 'SQ', value: [code('51185008', 'SCT', 'Thorax')] },
    { tag: 0x00181508, vr: 'CS', value: '' },
    { tag: 0x00187004, vr: 'CS', value: 'DIRECT' },
    { tag: 0x00200062, vr: 'CS', value: 'U' },
    { tag: 0x00400555, vr: 'SQ', value: [] },
    { tag: 0x00540220, vr: 'SQ', value: [[...viewCode, { tag: 0x00540222, vr: 'SQ', value: [] }]] },
  ]
}

function pixelAttributes(
  { pixelSpacingMm }: PhantomDescription,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  { object, bitsStored, photometric }: PhantomFormat,
): DicomElement[] {
  const spacing = [pixelSpacingMm.toFixed(6), pixelSpacingMm.toFixed(6)]
  return [
    { tag: 0x00280002, vr: 'US', value: 1 },
    { tag: 0x00280004, vr: 'CS', value: photometric },
    { tag: 0x00280010, vr: 'US', value: rows },
    { tag: 0x00280011, vr: 'US', value: columns },
    { tag: 0x00280100, vr: 'US', value: bitsStored > 8 ? 16 : 8 },
    { tag: 0x00280101, vr: 'US', value: bitsStored },
    { tag: 0x00280102, vr: 'US', value: bitsStored - 1 },
    { tag: 0x00280103, vr: 'US', value: 0 },
    // The competition's files name the plain attribute; imaging systems name the detector's.
    { tag: object === 'siim' ? 0x00280030 : 0x00181164, vr: 'DS', value: spacing },
  ]
}

function greyscale({ object, bitsStored, photometric, voi }: PhantomFormat): DicomElement[] {
  const elements: DicomElement[] = []
  const range = 2 ** bitsStored
  if (object === 'DX') {
    const inverted = photometric === 'MONOCHROME1'
    elements.push(
      { tag: 0x00281040, vr: 'CS', value: 'LOG' },
      // −1: a higher value means less radiation.
      { tag: 0x00281041, vr: 'SS', value: inverted ? 1 : -1 },
      { tag: 0x00281052, vr: 'DS', value: '0' },
      { tag: 0x00281053, vr: 'DS', value: '1' },
      { tag: 0x00281054, vr: 'LO', value: 'US' },
      { tag: 0x20500020, vr: 'CS', value: inverted ? 'INVERSE' : 'IDENTITY' },
    )
  }
  if (voi === 'window') {
    elements.push(
      { tag: 0x00281050, vr: 'DS', value: String(range / 2) },
      { tag: 0x00281051, vr: 'DS', value: String(range) },
    )
  }
  if (voi === 'lut') elements.push({ tag: 0x00283010, vr: 'SQ', value: [voiLut(bitsStored)] })
  return elements
}

/** A straight table from the stored range to 16 bits. At most 32768 entries, so that the element's short length holds. */
function voiLut(bitsStored: number): DicomElement[] {
  const count = 2 ** Math.min(bitsStored, 15)
  const table = Buffer.alloc(count * 2)
  for (let i = 0; i < count; i++) table.writeUInt16LE(Math.round((i / (count - 1)) * 65535), 2 * i)
  return [
    { tag: 0x00283002, vr: 'US', value: [count, 0, 16] },
    { tag: 0x00283003, vr: 'LO', value: 'STRAIGHT' },
    { tag: 0x00283006, vr: 'OW', value: table },
  ]
}
