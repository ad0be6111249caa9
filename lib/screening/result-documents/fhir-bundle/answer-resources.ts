import type { DiagnosticReport, Observation, ObservationComponent, Task } from 'fhir/r4.js'
import type { Answer, ClinicalStatement, StatedRegion } from '../clinical-statement/clinical-statement.ts'
import { terms } from '../clinical-statement/coded-term.ts'
import { areaTexts } from '../clinical-statement/region-texts.ts'
import { notice } from '../result-document.ts'
import {
  deidentificationNotes,
  identifierOf,
  narrative,
  orderReferences,
  patientReference,
  resourceUri,
  securityOf,
  studyDateTime,
} from './fhir-context.ts'
import { concept, hl7Concept, quantity, reasonSystem } from './fhir-terms.ts'

type Answered = Extract<Answer, { isPresent: boolean }>
type NotAnalysed = Exclude<Answer, Answered>

/** Present or absent, how probable, and where a region was found, how large and on which side. */
export function buildObservation(statement: ClinicalStatement, answer: Answered): Observation {
  const { context, sentence, warnings } = statement
  const effectiveDateTime = studyDateTime(context)
  return {
    resourceType: 'Observation',
    ...securityOf(context),
    text: narrative(sentence),
    identifier: [identifierOf(resourceUri(statement, 'Observation'))],
    status: 'preliminary',
    category: [hl7Concept('observation-category', 'imaging', 'Imaging')],
    code: concept(terms.pneumothorax),
    subject: patientReference(context),
    ...(effectiveDateTime && { effectiveDateTime }),
    issued: context.analysedAt.toISOString(),
    valueCodeableConcept: answer.isPresent
      ? concept(terms.present, 'Suspected')
      : concept(terms.absent, 'Not suspected, which does not rule it out'),
    ...(answer.isPresent && { interpretation: [hl7Concept('v3-ObservationInterpretation', 'A', 'Abnormal')] }),
    note: [
      { text: sentence },
      ...(warnings.length > 0 ? [{ text: `Warnings: ${warnings.join(', ')}` }] : []),
      { text: notice },
      ...deidentificationNotes(context),
    ],
    method: { text: 'Computer analysis of the radiograph, unverified' },
    device: { reference: resourceUri(statement, 'Device') },
    derivedFrom: [{ reference: resourceUri(statement, 'ImagingStudy') }],
    component: [probability(answer), ...(answer.region ? place(answer.region) : [])],
  }
}

function probability({ probability, operatingPoint }: Answered): ObservationComponent {
  const { id, threshold } = operatingPoint
  return {
    code: concept(terms.probability),
    valueQuantity: quantity(rounded(probability, 4), '1'),
    referenceRange: [
      {
        low: quantity(0, '1'),
        high: quantity(rounded(threshold, 6), '1'),
        text: `suspected from ${threshold.toFixed(3)} on (operating point '${id}')`,
      },
    ],
  }
}

function place({ areaMm2, areaPlane, side, sideBasis }: StatedRegion): ObservationComponent[] {
  const assumed = sideBasis === 'assumed-standard-display' ? ', assuming standard display' : ''
  return [
    ...(areaMm2 === null || areaPlane === null
      ? []
      : [
          {
            code: concept(terms.area, areaTexts[areaPlane]),
            valueQuantity: quantity(rounded(areaMm2, 1), 'mm2', 'mm²'),
          },
        ]),
    ...(side === null
      ? []
      : [
          {
            code: concept(terms.laterality),
            valueCodeableConcept: concept(terms[side], `${terms[side][0].meaning}${assumed}`),
          },
        ]),
  ]
}

/** Preliminary, and never anything else: a radiologist's report is not amended by it. */
export function buildDiagnosticReport(statement: ClinicalStatement): DiagnosticReport {
  const { context, sentence } = statement
  const effectiveDateTime = studyDateTime(context)
  const order = orderReferences(context)
  return {
    resourceType: 'DiagnosticReport',
    ...securityOf(context),
    text: narrative(sentence),
    identifier: [identifierOf(resourceUri(statement, 'DiagnosticReport'))],
    ...(order.length > 0 && { basedOn: order.map((identifier) => ({ type: 'ServiceRequest', identifier })) }),
    status: 'preliminary',
    category: [hl7Concept('v2-0074', 'RAD', 'Radiology')],
    code: concept(terms.imagingStudy, 'Pneumothorax screening of a chest radiograph by computer'),
    subject: patientReference(context),
    ...(effectiveDateTime && { effectiveDateTime }),
    issued: context.analysedAt.toISOString(),
    result: [{ reference: resourceUri(statement, 'Observation') }],
    imagingStudy: [{ reference: resourceUri(statement, 'ImagingStudy') }],
    conclusion: `${sentence} ${notice}`,
  }
}

/** The screening that did not happen. There is no observation and no report that could be taken for an answer. */
export function buildTask(statement: ClinicalStatement, { notAnalysed, remedy }: NotAnalysed): Task {
  const { context, sentence } = statement
  return {
    resourceType: 'Task',
    ...securityOf(context),
    text: narrative(sentence),
    identifier: [identifierOf(resourceUri(statement, 'Task'))],
    status: 'failed',
    statusReason: { coding: [{ system: reasonSystem, code: notAnalysed }], text: `${notAnalysed}: ${remedy}` },
    businessStatus: { text: 'not analysed' },
    intent: 'order',
    code: { text: 'Pneumothorax screening of a chest radiograph by computer' },
    description: sentence,
    focus: { reference: resourceUri(statement, 'ImagingStudy') },
    for: patientReference(context),
    authoredOn: context.analysedAt.toISOString(),
    lastModified: context.analysedAt.toISOString(),
    owner: { reference: resourceUri(statement, 'Device') },
    note: [{ text: notice }, ...deidentificationNotes(context)],
  }
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))
