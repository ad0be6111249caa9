import { type ClinicalStatement, clinicalStatement } from '../clinical-statement/clinical-statement.ts'
import type { DocumentType } from '../document-type.ts'
import { buildOru } from './build-oru.ts'

/** The result for an EHR that speaks HL7 v2. */
export const hl7Message: DocumentType<ClinicalStatement> = {
  kind: 'hl7-message',
  name: 'oru.hl7',
  mediaType: 'application/hl7-v2+er7',
  needs: clinicalStatement,
  build: (statement) => new TextEncoder().encode(buildOru(statement)),
}
