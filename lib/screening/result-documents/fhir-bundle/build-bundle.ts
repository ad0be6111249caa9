import type { Bundle, BundleEntry, FhirResource } from 'fhir/r4.js'
import type { ClinicalStatement } from '../clinical-statement/clinical-statement.ts'
import { buildDiagnosticReport, buildObservation, buildTask } from './answer-resources.ts'
import { buildProvenance } from './build-provenance.ts'
import { identifierOf, type MadeResource, oidOf, resourceUri, searchFor, studyIdentifier } from './fhir-context.ts'
import { buildDevice, buildImagingStudy } from './study-resources.ts'

/**
 * A transaction that creates what the server does not hold yet: sent again it creates nothing.
 * Not analysed: a Task that failed, and neither an Observation nor a DiagnosticReport.
 * @see FHIR R4, RESTful API, 3.1.0.8.1 Conditional create, 3.1.0.11 Transaction
 */
export function buildBundle(statement: ClinicalStatement): Bundle {
  const { answer, context } = statement
  const made: [MadeResource, FhirResource][] =
    'notAnalysed' in answer
      ? [['Task', buildTask(statement, answer)]]
      : [
          ['Observation', buildObservation(statement, answer)],
          ['DiagnosticReport', buildDiagnosticReport(statement)],
        ]
  const entries: [MadeResource, FhirResource][] = [
    ['Device', buildDevice(statement)],
    ['ImagingStudy', buildImagingStudy(statement)],
    ...made,
    [
      'Provenance',
      buildProvenance(
        statement,
        made.map(([kind]) => kind),
      ),
    ],
  ]
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    timestamp: context.analysedAt.toISOString(),
    entry: entries.map(([kind, resource]): BundleEntry => {
      const uri = resourceUri(statement, kind)
      return {
        fullUrl: uri,
        resource,
        request: { method: 'POST', url: kind, ifNoneExist: search(statement, kind, uri) },
      }
    }),
  }
}

function search({ context }: ClinicalStatement, kind: MadeResource, uri: string): string {
  if (kind === 'ImagingStudy') return searchFor(studyIdentifier(context))
  if (kind === 'Provenance') return `_tag=urn:ietf:rfc:3986|${oidOf(uri)}`
  return searchFor(identifierOf(uri))
}
