import type { Device, ImagingStudy } from 'fhir/r4.js'
import type { ClinicalStatement } from '../clinical-statement/clinical-statement.ts'
import { terms } from '../clinical-statement/coded-term.ts'
import { legal, manufacturer, sourceSopClass, sourceUid } from '../dicom-object/derived-object.ts'
import { notice } from '../result-document.ts'
import {
  identifierOf,
  orderReferences,
  patientReference,
  resourceUri,
  securityOf,
  studyDateTime,
  studyIdentifier,
} from './fhir-context.ts'
import { concept } from './fhir-terms.ts'

/** The study that was screened, for a server that does not hold it yet; of its images the one that was looked at. */
export function buildImagingStudy({ context }: ClinicalStatement): ImagingStudy {
  const { identity } = context
  const modality = legal(identity.Modality, /^[A-Z]{2,16}$/)
  const started = studyDateTime(context)
  return {
    resourceType: 'ImagingStudy',
    ...securityOf(context),
    identifier: [studyIdentifier(context), ...orderReferences(context)],
    status: 'available',
    ...(modality && { modality: [dicomModality(modality)] }),
    subject: patientReference(context),
    ...(started && { started }),
    ...(modality && {
      series: [
        {
          uid: sourceUid(context, 'SeriesInstanceUID'),
          modality: dicomModality(modality),
          instance: [
            {
              uid: sourceUid(context, 'SOPInstanceUID'),
              sopClass: { system: 'urn:ietf:rfc:3986', code: `urn:oid:${sourceSopClass(context)}` },
            },
          ],
        },
      ],
    }),
  }
}

const dicomModality = (code: string) => ({ system: 'http://dicom.nema.org/resources/ontology/DCM', code })

/** The program with these models and this operating point: another version is another device. */
export function buildDevice(statement: ClinicalStatement): Device {
  const { models, softwareVersion, screeningKey } = statement.context
  return {
    resourceType: 'Device',
    identifier: [identifierOf(resourceUri(statement, 'Device'))],
    status: 'active',
    manufacturer,
    deviceName: [
      { name: manufacturer, type: 'manufacturer-name' },
      ...models.map(({ id }) => ({ name: id, type: 'model-name' as const })),
    ],
    type: concept(terms.artificialIntelligence, 'Pneumothorax screening software'),
    version: [
      { type: { text: 'software' }, value: softwareVersion },
      ...models.map(({ task, id, version }) => ({ type: { text: `${task} model ${id}` }, value: version })),
    ],
    property: [
      { type: { text: 'screening key' }, valueCode: [{ text: screeningKey }] },
      ...models.map(({ task, id, sha256 }) => ({
        type: { text: `SHA-256 of ${task} model ${id}` },
        valueCode: [{ text: sha256 }],
      })),
    ],
    note: [{ text: notice }],
  }
}
