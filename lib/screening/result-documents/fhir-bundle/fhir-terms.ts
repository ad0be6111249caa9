import type { CodeableConcept, Coding, Quantity } from 'fhir/r4.js'
import type { Term } from '../clinical-statement/coded-term.ts'
import { deriveUid } from '../dicom-object/derive-uid.ts'

/** @see FHIR R4, 4.3.0 Using codes; DICOM PS3.16 8 for the URI of DCM */
const systems: Record<Term['scheme'], string> = {
  DCM: 'http://dicom.nema.org/resources/ontology/DCM',
  SCT: 'http://snomed.info/sct',
  UCUM: 'http://unitsofmeasure.org',
  LN: 'http://loinc.org',
  RADLEX: 'http://radlex.org',
  RFC5646: 'urn:ietf:bcp:47',
  UMLS: 'http://terminology.hl7.org/CodeSystem/umls',
}

/** The codes for which an image is not analysed, those of docs/dicom.md, Rejections. */
export const reasonSystem = `urn:oid:${deriveUid('code system', 'reasons for which an image is not analysed')}`

export const coding = ({ scheme, value, meaning }: Term): Coding => ({
  system: systems[scheme],
  code: value,
  display: meaning,
})

export const concept = (codings: readonly Term[], text?: string): CodeableConcept => ({
  coding: codings.map(coding),
  text: text ?? codings[0].meaning,
})

export const hl7Concept = (table: string, code: string, display: string): CodeableConcept => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${table}`, code, display }],
})

/** @param unit As UCUM writes it. */
export const quantity = (value: number, unit: string, shown = unit): Quantity => ({
  value,
  unit: shown,
  system: systems.UCUM,
  code: unit,
})
