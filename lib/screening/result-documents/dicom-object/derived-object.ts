import type { ImageSize } from '../../kernel/geometry.ts'
import type { PixelSpacing } from '../../radiograph/radiograph.ts'
import type { SourceIdentity } from '../../radiograph/source-identity.ts'
import { type Deidentification, deidentificationModule } from '../deidentification/deidentification.ts'
import type { Predecessor } from '../predecessor.ts'
import type { ModelReference } from '../result-document.ts'
import { codeItem, codes } from './code.ts'
import type { DataSet } from './data-set.ts'
import { deriveUid, isUid } from './derive-uid.ts'

/** What every DICOM object that we derive from a source is built from. */
export interface DerivedContext {
  readonly imageId: string
  readonly identity: SourceIdentity
  /** Null where the identity is the source's own. */
  readonly deidentification: Deidentification | null
  /** Rows × columns as stored; null of a study that was refused before its pixels were read. */
  readonly size: ImageSize | null
  readonly spacing: PixelSpacing | null
  /** Whether the source says, or its transfer syntax does, that its pixels were compressed with loss. */
  readonly lossySource: boolean
  /** By the source's transfer syntax; null where that is not lossy. */
  readonly lossyMethod: string | null
  readonly models: readonly ModelReference[]
  readonly screeningKey: string
  readonly operatingPointId: string
  readonly softwareVersion: string
  readonly analysedAt: Date
  readonly predecessor: Predecessor | null
  /** Whether a Segmentation was asked for: where there is a mask, other objects then refer to it. */
  readonly segmentationRequested: boolean
}

export type DerivedKind = 'segmentation' | 'structured-report' | 'secondary-capture' | 'presentation-state'

export const sopClasses = {
  segmentation: '1.2.840.10008.5.1.4.1.1.66.4',
  'structured-report': '1.2.840.10008.5.1.4.1.1.88.34',
  'secondary-capture': '1.2.840.10008.5.1.4.1.1.7',
  'presentation-state': '1.2.840.10008.5.1.4.1.1.11.1',
} as const satisfies Record<DerivedKind, string>

const series = {
  segmentation: { modality: 'SEG', number: 9001, description: 'Pneumothorax mask (AI) - not for diagnostic use' },
  'structured-report': {
    modality: 'SR',
    number: 9002,
    description: 'Pneumothorax report (AI) - not for diagnostic use',
  },
  'secondary-capture': {
    modality: 'OT',
    number: 9003,
    description: 'Pneumothorax overlay (AI) - not for diagnostic use',
  },
  'presentation-state': {
    modality: 'PR',
    number: 9004,
    description: 'Pneumothorax outline (AI) - not for diagnostic use',
  },
} as const satisfies Record<DerivedKind, { modality: string; number: number; description: string }>

export const manufacturer = 'Pleura'

/** The source's own UID where it is one; otherwise one of ours, a function of the image alone. */
export function sourceUid(
  { identity, imageId }: DerivedContext,
  keyword: 'StudyInstanceUID' | 'SeriesInstanceUID' | 'SOPInstanceUID',
): string {
  const uid = identity[keyword] ?? null
  return isUid(uid) ? uid : deriveUid('source', keyword, imageId)
}

/**
 * The same image, models, thresholds, software and kind always give the same instance; each kind has its own series.
 */
export function derivedUid(
  context: DerivedContext,
  kind: DerivedKind,
  level: 'series' | 'instance',
  { screeningKey, softwareVersion }: Omit<Predecessor, 'documents'> = context,
): string {
  const source = sourceUid(context, 'SOPInstanceUID')
  return deriveUid(level, kind, source, context.imageId, screeningKey, softwareVersion)
}

/** UIDs of the object of the same kind in the result that this one replaces; null when there is none. */
export function predecessorUids(
  context: DerivedContext,
  kind: DerivedKind,
): { series: string; instance: string } | null {
  const { predecessor } = context
  if (!predecessor?.documents.includes(`${kind}.dcm`)) return null
  return {
    series: derivedUid(context, kind, 'series', predecessor),
    instance: derivedUid(context, kind, 'instance', predecessor),
  }
}

/** Identifies a region in both the segmentation and the report of a result: viewers join the two by it. */
export const trackingUid = (context: DerivedContext, index: number): string =>
  deriveUid('tracking', sourceUid(context, 'SOPInstanceUID'), context.imageId, context.screeningKey, String(index))

export const trackingId = (index: number): string => `pneumothorax-${index + 1}`

export const sourceReference = (context: DerivedContext): DataSet => ({
  ReferencedSOPClassUID: sourceSopClass(context),
  ReferencedSOPInstanceUID: sourceUid(context, 'SOPInstanceUID'),
})

/** The source's SOP class; Computed Radiography when it states none, since a reference must name one. */
export const sourceSopClass = ({ identity }: DerivedContext): string =>
  isUid(identity.SOPClassUID ?? null) ? (identity.SOPClassUID as string) : '1.2.840.10008.5.1.4.1.1.1'

/**
 * Patient, study, series, equipment and SOP common modules: the source's identity as it is, a series of our own.
 * @see DICOM PS3.3 C.7.1.1, C.7.2.1, C.7.3.1, C.7.5.1, C.12.1
 */
export function commonModules(context: DerivedContext, kind: DerivedKind): DataSet {
  const { identity } = context
  const { date, time } = localDateTime(context)
  const { modality, number, description } = series[kind]
  return {
    SpecificCharacterSet: characterSetOf(identity),
    SOPClassUID: sopClasses[kind],
    SOPInstanceUID: derivedUid(context, kind, 'instance'),
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    TimezoneOffsetFromUTC: legal(identity.TimezoneOffsetFromUTC, /^[+-]\d{4}$/),
    PatientName: identity.PatientName ?? '',
    PatientID: identity.PatientID ?? '',
    IssuerOfPatientID: identity.IssuerOfPatientID,
    TypeOfPatientID: legal(identity.TypeOfPatientID, /^(TEXT|RFID|BARCODE)$/),
    PatientBirthDate: legal(identity.PatientBirthDate, /^\d{8}$/) ?? '',
    PatientSex: legal(identity.PatientSex, /^[MFO]$/) ?? '',
    PatientAge: legalAge(identity.PatientAge),
    ...deidentificationModule(context.deidentification),
    StudyInstanceUID: sourceUid(context, 'StudyInstanceUID'),
    StudyID: identity.StudyID ?? '',
    StudyDate: legal(identity.StudyDate, /^\d{8}$/) ?? '',
    StudyTime: legal(identity.StudyTime, /^\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?$/) ?? '',
    StudyDescription: identity.StudyDescription,
    AccessionNumber: identity.AccessionNumber ?? '',
    ReferringPhysicianName: identity.ReferringPhysicianName ?? '',
    Modality: modality,
    SeriesInstanceUID: derivedUid(context, kind, 'series'),
    SeriesNumber: number,
    SeriesDate: date,
    SeriesTime: time,
    SeriesDescription: description,
    InstanceNumber: 1,
    Manufacturer: manufacturer,
    ManufacturerModelName: manufacturer,
    DeviceSerialNumber: context.screeningKey.slice(0, 16),
    SoftwareVersions: context.softwareVersion,
    ContributingEquipmentSequence: context.models.map((model) => ({
      PurposeOfReferenceCodeSequence: codeItem(codes.processingEquipment),
      Manufacturer: manufacturer,
      ManufacturerModelName: model.id,
      SoftwareVersions: model.version,
      ContributionDateTime: `${date}${time}`,
      ContributionDescription: `${model.task}, model SHA-256 ${model.sha256}, operating point ${context.operatingPointId}`,
    })),
  }
}

/** The source's value if it is legal; otherwise CHEST, for nothing else is screened. */
export const bodyPart = ({ identity }: DerivedContext): string =>
  legal(identity.BodyPartExamined, /^[A-Z0-9 _]{1,16}$/) ?? 'CHEST'

/** ContentDate and ContentTime, in the time zone that the source's own times are in. */
export function contentDateTime(context: DerivedContext): DataSet {
  const { date, time } = localDateTime(context)
  return { ContentDate: date, ContentTime: time }
}

/**
 * TimezoneOffsetFromUTC holds for all times of an object, so ours are in the source's time zone; without one, in UTC.
 */
export function localDateTime({ identity, analysedAt }: DerivedContext): { date: string; time: string } {
  const [, sign, hours, minutes] = /^([+-])(\d{2})(\d{2})$/.exec(identity.TimezoneOffsetFromUTC ?? '') ?? []
  const offset = sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) : 0
  const text = new Date(analysedAt.getTime() + offset * 60_000).toISOString().replace(/[-:T]/g, '')
  return { date: text.slice(0, 8), time: text.slice(8, 14) }
}

/** The value if it has the form that DICOM asks for; undefined otherwise. */
export function legal(value: string | undefined, pattern: RegExp): string | undefined {
  return value !== undefined && pattern.test(value) ? value : undefined
}

/** `64` of the SIIM-ACR files is `064Y`. @see DICOM PS3.5 6.2, AS */
function legalAge(age: string | undefined): string | undefined {
  const match = /^(\d{1,3})([DWMY]?)$/.exec(age ?? '')
  return match ? `${match[1].padStart(3, '0')}${match[2] || 'Y'}` : undefined
}

/** The source's; if it declares none although its text needs one, Latin-1, which is right for most of those. */
function characterSetOf(identity: SourceIdentity): string | undefined {
  if (identity.SpecificCharacterSet) return identity.SpecificCharacterSet
  const text = Object.values(identity).join('')
  return /[\u0080-\u00ff]/.test(text) ? 'ISO_IR 100' : undefined
}
