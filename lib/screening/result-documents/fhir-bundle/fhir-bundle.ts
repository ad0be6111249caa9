import { type ClinicalStatement, clinicalStatement } from '../clinical-statement/clinical-statement.ts'
import type { DocumentType } from '../document-type.ts'
import { buildBundle } from './build-bundle.ts'
import { fhirName } from './fhir-name.ts'

/** The result for an EHR that speaks FHIR R4. */
export const fhirBundle: DocumentType<ClinicalStatement> = {
  kind: 'fhir-bundle',
  name: fhirName,
  mediaType: 'application/fhir+json',
  needs: clinicalStatement,
  build: (statement) => new TextEncoder().encode(`${JSON.stringify(buildBundle(statement), null, 2)}\n`),
}
