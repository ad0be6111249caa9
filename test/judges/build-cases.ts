import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../../lib/adapters/codecs/create-document-tools.ts'
import type { DelineatedFinding, Finding } from '../../lib/screening/finding/finding.ts'
import { measureMask } from '../../lib/screening/finding/measure-mask.ts'
import { documentKinds } from '../../lib/screening/kernel/document-kinds.ts'
import { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { turnOf } from '../../lib/screening/prepared-image/upright.ts'
import { preprocess } from '../../lib/screening/preprocess.ts'
import { describeSource } from '../../lib/screening/radiograph/describe-source.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { buildDocuments } from '../../lib/screening/result-documents/build-documents.ts'
import { buildResultDocument } from '../../lib/screening/result-documents/build-result-document.ts'
import { deidentify } from '../../lib/screening/result-documents/deidentification/deidentify.ts'
import type { Pseudonyms } from '../../lib/screening/result-documents/deidentification/pseudonyms.ts'
import type { Document, DocumentSource } from '../../lib/screening/result-documents/document-type.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { projectMask } from '../../lib/screening/segmentation/segment.ts'
import { classifierBundle } from '../classification/bundles.ts'
import { buildDicom, type DicomOptions } from '../radiograph/build-dicom.ts'

export type Elements = NonNullable<DicomOptions['elements']>

const order: Elements = [
  [0x0008, 0x0050, 'SH', 'ACC-1'],
  [0x0008, 0x0090, 'PN', 'Referrer^R'],
  [0x0010, 0x0010, 'PN', 'Doe^Jane'],
  [0x0010, 0x0020, 'LO', 'P-1'],
  [0x0010, 0x0030, 'DA', '19600101'],
  [0x0010, 0x0040, 'CS', 'F'],
  [0x0020, 0x000d, 'UI', '1.2.3.5'],
  [0x0020, 0x000e, 'UI', '1.2.3.6'],
  [0x0020, 0x0010, 'SH', 'S1'],
  [0x0008, 0x0020, 'DA', '20260102'],
  [0x0008, 0x0030, 'TM', '030405'],
  [0x0020, 0x0020, 'CS', 'L\\F'],
  [0x0028, 0x0030, 'DS', '0.14\\0.14'],
  [0x0040, 0x1001, 'SH', 'R1'],
]
const named = (characterSet: string, name: string): Elements => [
  [0x0008, 0x0005, 'CS', characterSet],
  [0x0010, 0x0010, 'PN', name],
]

/** Whole and poor sources: what hospitals send and what anonymisers leave. Bytes of names as latin1. */
export const sources: readonly (readonly [name: string, elements: Elements])[] = [
  ['whole', order],
  ['no patient module, no study', []],
  ['empty UIDs', [...order, [0x0020, 0x000d, 'UI', ''], [0x0020, 0x000e, 'UI', ''], [0x0008, 0x0018, 'UI', '']]],
  ['names in place of UIDs', [...order, [0x0020, 0x000d, 'UI', 'ID_1'], [0x0008, 0x0018, 'UI', 'ID_0a1b']]],
  ['UIDs of 64 characters', [...order, [0x0020, 0x000d, 'UI', `1.2.${'3'.repeat(60)}`]]],
  ['no spacing, no orientation', [...order, [0x0028, 0x0030, 'DS', null], [0x0020, 0x0020, 'CS', null]]],
  ['MONOCHROME1', [...order, [0x0028, 0x0004, 'CS', 'MONOCHROME1']]],
  ['mirrored', [...order, [0x0020, 0x0020, 'CS', 'R\\F']]],
  [
    'odd values',
    [...order, [0x0010, 0x1010, 'AS', '64'], [0x0010, 0x0030, 'DA', '1960'], [0x0008, 0x0030, 'TM', '3:4']],
  ],
  ['no body part', [...order, [0x0018, 0x0015, 'CS', null]]],
  ['Latin-1', [...order, ...named('ISO_IR 100', 'M\xfcller^Anna')]],
  ['undeclared Latin-1', [...order, [0x0010, 0x0010, 'PN', 'M\xfcller^Anna']]],
  ['UTF-8', [...order, ...named('ISO_IR 192', Buffer.from('Żółć^Łucja').toString('latin1'))]],
  ['Cyrillic', [...order, ...named('ISO_IR 144', '\xbb\xee\xda^\x53')]],
  [
    'Japanese',
    [
      ...order,
      ...named('ISO 2022 IR 13\\ISO 2022 IR 87', '\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J'),
    ],
  ],
  ['Korean', [...order, ...named('\\ISO 2022 IR 149', 'Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7')]],
  ['GB18030', [...order, ...named('GB18030', 'Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab')]],
]

export const outcomes = ['region', 'discordant', 'triage', 'not-suspected', 'not-analysed'] as const
export type Outcome = (typeof outcomes)[number]

export interface Case {
  readonly source: Uint8Array
  readonly result: ResultDocument
  readonly documents: readonly Document[]
  /** Of a case with a region. Shape: rows × columns of the source. */
  readonly mask: Uint8Array | null
}

const clock = { now: () => 0, monotonic: () => 0 }

/** The documents of a source as if the networks had said this. */
export async function buildCase(
  elements: Elements,
  outcome: Outcome,
  { pseudonyms, ...dicom }: { readonly pseudonyms?: Pseudonyms } & DicomOptions = {},
): Promise<Case> {
  const codecs = createCodecs()
  const source = buildDicom({
    ...dicom,
    elements: outcome === 'not-analysed' ? [...elements, [0x0018, 0x5101, 'CS', 'LL']] : elements,
  })
  const preprocessed = await preprocess(source, codecs, defaultSuitabilityPolicy, clock).catch((error) => {
    if (error instanceof StudyRejectedError) return null
    throw error
  })
  const described = describeSource(source)
  const finding = findingOf(outcome, preprocessed)
  const identified: DocumentSource = {
    finding,
    imageId: imageIdOf(source),
    sizeBytes: source.length,
    facts: preprocessed?.facts ?? described?.facts ?? null,
    identity: described?.identity ?? null,
    size: described?.size ?? null,
    prepared: preprocessed?.prepared ?? null,
    deidentification: null,
    predecessor:
      outcome === 'not-suspected'
        ? {
            screeningKey: '0'.repeat(64),
            softwareVersion: '0.1.0',
            documents: ['structured-report.dcm', 'fhir.json'],
          }
        : null,
    models: [
      { task: 'classification', id: 'test-classifier', version: '1.0.0', sha256: 'a'.repeat(64) },
      { task: 'segmentation', id: 'test-segmenter', version: '2.0.0', sha256: 'b'.repeat(64) },
    ],
    requestedDocuments: documentKinds,
    screeningKey: 'c'.repeat(64),
    softwareVersion: '0.2.0',
    analysedAt: new Date('2026-01-02T03:04:05Z'),
  }
  const told = pseudonyms ? deidentify(identified, pseudonyms, described?.burnedInAnnotation ?? null) : identified
  const documents = await buildDocuments(told, () => createDocumentTools(codecs))
  const result = buildResultDocument(told.finding, {
    ...told,
    documents: documents.map(({ name }) => name),
    timingsMs: {},
  })
  return {
    source,
    result,
    documents,
    mask: outcome === 'region' ? (finding as DelineatedFinding).delineation.mask : null,
  }
}

function findingOf(outcome: Outcome, preprocessed: Awaited<ReturnType<typeof preprocess>> | null): Finding {
  if (outcome === 'not-analysed' || !preprocessed) {
    return { outcome: 'not-analysed', code: 'lateral-view', detail: 'LL' }
  }
  const operatingPoint = classifierBundle.operatingPoints[0]
  const classActivationMap = outcome === 'region' ? { rows: 2, columns: 2, values: new Float32Array(4) } : null
  const classification = { probability: 0.8, operatingPoint, positive: true, classActivationMap }
  if (outcome === 'not-suspected') {
    return { outcome, classification: { ...classification, probability: 0.1, positive: false } }
  }
  if (outcome === 'triage') return { outcome: 'suspected', classification, delineation: null, discordant: false }
  const { facts, prepared } = preprocessed
  const turn = turnOf(facts.patientOrientation)
  const probabilityMap = { rows: 64, columns: 64, probabilities: new Float32Array(64 * 64), maskThreshold: 0.5 }
  if (outcome === 'region') {
    // Two regions, the first one with a hole.
    for (let row = 8; row < 30; row++)
      for (let column = 6; column < 20; column++) probabilityMap.probabilities[row * 64 + column] = 0.9
    for (let row = 14; row < 20; row++)
      for (let column = 10; column < 15; column++) probabilityMap.probabilities[row * 64 + column] = 0
    for (let row = 40; row < 46; row++)
      for (let column = 44; column < 52; column++) probabilityMap.probabilities[row * 64 + column] = 0.7
  }
  const mask = projectMask(probabilityMap, prepared.source, turn)
  const measured = measureMask(mask, prepared.source, turn, facts.pixelSpacing)
  return {
    outcome: 'suspected',
    classification,
    delineation: { probabilityMap, mask, ...measured },
    discordant: outcome === 'discordant',
  }
}
