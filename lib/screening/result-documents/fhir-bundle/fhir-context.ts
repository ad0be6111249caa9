import type { Annotation, Identifier, Narrative, Reference, Resource } from 'fhir/r4.js'
import type { ClinicalStatement } from '../clinical-statement/clinical-statement.ts'
import { decodeIdentity } from '../clinical-statement/decode-identity.ts'
import { studyTime } from '../clinical-statement/study-time.ts'
import { deidentificationSentence } from '../deidentification/deidentification.ts'
import { deriveUuid, isUid } from '../dicom-object/derive-uid.ts'
import { type DerivedContext, sourceUid } from '../dicom-object/derived-object.ts'
import type { Predecessor } from '../predecessor.ts'
import { hl7Concept } from './fhir-terms.ts'

export type MadeResource = 'ImagingStudy' | 'Device' | 'Observation' | 'DiagnosticReport' | 'Task' | 'Provenance'

/** Names that a UUID or UID is a URI by. @see FHIR R4, Identifier Systems */
const uriSystem = 'urn:ietf:rfc:3986'
export const dicomUidSystem = 'urn:dicom:uid'

/**
 * The resource's name, `urn:uuid:…`: a function of source, models, software and kind, so that a second bundle of the
 * same result names the same resources. A study is one whatever is found in it; a device whatever it looks at.
 */
export function resourceUri(
  { context, answer }: ClinicalStatement,
  kind: MadeResource,
  { screeningKey, softwareVersion }: Omit<Predecessor, 'documents'> = context,
): string {
  const device = [screeningKey, softwareVersion]
  const image = [sourceUid(context, 'SOPInstanceUID'), context.imageId, ...device]
  const parts = {
    ImagingStudy: [sourceUid(context, 'StudyInstanceUID')],
    Device: device,
    Observation: image,
    DiagnosticReport: image,
    // What was refused for one reason today may be refused for another one, or be analysed, tomorrow.
    Task: [...image, 'notAnalysed' in answer ? answer.notAnalysed : ''],
    Provenance: [...image, 'notAnalysed' in answer ? answer.notAnalysed : ''],
  }[kind]
  return `urn:uuid:${deriveUuid('fhir', kind, ...parts)}`
}

/**
 * The same name as an OID. What a resource is found by must not be the name that references go by in the bundle:
 * servers put an address in its place, some of them wherever it stands.
 */
export const oidOf = (uri: string): string =>
  `urn:oid:2.25.${BigInt(`0x${uri.slice('urn:uuid:'.length).replaceAll('-', '')}`)}`

export const identifierOf = (uri: string): Identifier => ({ system: uriSystem, value: oidOf(uri) })

/** What a server finds an existing resource by. */
export const searchFor = ({ system, value }: Identifier): string => `identifier=${system}|${value}`

/** A study without a usable UID has one of ours, and says so. */
export function studyIdentifier(context: DerivedContext): Identifier {
  const value = `urn:oid:${sourceUid(context, 'StudyInstanceUID')}`
  const isTheirs = isUid(context.identity.StudyInstanceUID ?? null)
  return { ...(isTheirs ? {} : { use: 'temp' as const }), system: dicomUidSystem, value }
}

/**
 * The patient as the source identifies her, for the receiver to find. No patient is made: there is no resource, no
 * name, and without an identifier a reference that says that it is unknown.
 */
export function patientReference({ identity, deidentification }: DerivedContext): Reference {
  const value = decodeIdentity(identity, 'PatientID')
  if (value === null) {
    const url = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'
    return {
      extension: [{ url, valueCode: 'unknown' }],
      type: 'Patient',
      display: 'Unknown: the image names no patient',
    }
  }
  const issuer = decodeIdentity(identity, 'IssuerOfPatientID')
  const type = deidentification
    ? hl7Concept('v2-0203', 'ANON', 'Anonymous identifier')
    : hl7Concept('v2-0203', 'MR', 'Medical record number')
  return {
    type: 'Patient',
    identifier: { type, ...issuedBy(issuer), value },
  }
}

/** An issuer that is an OID or a URI is the identifier's system; a name is only a name. */
function issuedBy(issuer: string | null): Partial<Pick<Identifier, 'system' | 'assigner'>> {
  if (issuer === null) return {}
  if (isUid(issuer)) return { system: `urn:oid:${issuer}` }
  if (/^(https?:\/\/|urn:)[^\s|]+$/.test(issuer)) return { system: issuer }
  return { assigner: { display: issuer } }
}

const orderIdentifiers = [
  ['AccessionNumber', 'ACSN', 'Accession ID'],
  ['PlacerOrderNumberImagingServiceRequest', 'PLAC', 'Placer Identifier'],
  ['FillerOrderNumberImagingServiceRequest', 'FILL', 'Filler Identifier'],
] as const

/** What the study's order is known by. */
export function orderReferences({ identity }: DerivedContext): Identifier[] {
  return orderIdentifiers.flatMap(([keyword, code, display]) => {
    const value = decodeIdentity(identity, keyword)
    return value === null ? [] : [{ type: hl7Concept('v2-0203', code, display), value }]
  })
}

/** A time needs its zone; without one the day is all that is known. */
export function studyDateTime({ identity }: DerivedContext): string | undefined {
  const at = studyTime(identity)
  if (!at) return undefined
  const [date, time, offset] = [
    at.date.replace(/(....)(..)(..)/, '$1-$2-$3'),
    at.time?.replace(/(..)(..)(..)/, '$1:$2:$3'),
    at.offset?.replace(/(...)(..)/, '$1:$2'),
  ]
  return time && offset ? `${date}T${time}${offset}` : date
}

/** Says that names in the resource are pseudonyms. */
export const securityOf = ({ deidentification }: DerivedContext): Pick<Resource, 'meta'> =>
  deidentification === null
    ? {}
    : {
        meta: {
          security: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
              code: 'PSEUDED',
              display: 'pseudonymized',
            },
          ],
        },
      }

/** How identity was removed. */
export const deidentificationNotes = ({ deidentification }: DerivedContext): Annotation[] =>
  deidentification === null ? [] : [{ text: deidentificationSentence(deidentification) }]

/** For a reader of the resource alone. @param text Without characters that mean something in XHTML. */
export const narrative = (text: string): Narrative => ({
  status: 'generated',
  div: `<div xmlns="http://www.w3.org/1999/xhtml">${text}</div>`,
})
