import type { Provenance, ProvenanceEntity } from 'fhir/r4.js'
import type { ClinicalStatement } from '../clinical-statement/clinical-statement.ts'
import { sourceUid } from '../dicom-object/derived-object.ts'
import { dicomUidSystem, identifierOf, type MadeResource, oidOf, resourceUri } from './fhir-context.ts'
import { fhirName } from './fhir-name.ts'
import { hl7Concept } from './fhir-terms.ts'

/** Of which image, by which models, when; and which earlier answer this one stands in for. */
export function buildProvenance(statement: ClinicalStatement, targets: readonly MadeResource[]): Provenance {
  const { context } = statement
  const instance = `urn:oid:${sourceUid(context, 'SOPInstanceUID')}`
  return {
    resourceType: 'Provenance',
    // A Provenance has no identifier: servers find it by its tag.
    meta: { tag: [{ system: 'urn:ietf:rfc:3986', code: oidOf(resourceUri(statement, 'Provenance')) }] },
    target: targets.map((kind) => ({ reference: resourceUri(statement, kind) })),
    occurredDateTime: context.analysedAt.toISOString(),
    recorded: context.analysedAt.toISOString(),
    activity: { text: 'Pneumothorax screening by computer' },
    agent: [
      {
        type: hl7Concept('provenance-participant-type', 'assembler', 'Assembler'),
        who: { reference: resourceUri(statement, 'Device') },
      },
    ],
    entity: [
      {
        role: 'source',
        what: { identifier: { system: dicomUidSystem, value: instance }, display: 'The radiograph (SOP instance)' },
      },
      ...context.models.map(
        ({ task, id, version, sha256 }): ProvenanceEntity => ({
          role: 'source',
          what: {
            identifier: { type: { text: 'SHA-256' }, value: sha256 },
            display: `${task} model ${id} ${version}, operating point ${context.operatingPointId}`,
          },
        }),
      ),
      ...revisions(statement),
    ],
  }
}

function revisions(statement: ClinicalStatement): ProvenanceEntity[] {
  const { predecessor } = statement.context
  if (!predecessor?.documents.includes(fhirName)) return []
  const replaced = identifierOf(resourceUri(statement, 'Observation', predecessor))
  return [{ role: 'revision', what: { type: 'Observation', identifier: replaced, display: 'An earlier result' } }]
}
