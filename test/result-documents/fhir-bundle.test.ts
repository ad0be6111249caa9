import type { Bundle, FhirResource } from 'fhir/r4.js'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../../lib/screening/finding/finding.ts'
import { buildDocuments } from '../../lib/screening/result-documents/build-documents.ts'
import type { DocumentSource } from '../../lib/screening/result-documents/document-type.ts'
import { predecessorOf } from '../../lib/screening/result-documents/predecessor.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { identity, source, suspected } from './screened-image.ts'

const { classification } = suspected(true)
const notSuspected: Finding = { outcome: 'not-suspected', classification }
const notAnalysed: Finding = { outcome: 'not-analysed', code: 'lateral-view', detail: 'LL' }
const flagged: Finding = { outcome: 'suspected', classification, delineation: null, discordant: false }

const noTools = () => {
  throw new Error('a bundle needs no tools')
}

async function textOf(finding: Finding, changed: Partial<DocumentSource> = {}): Promise<string> {
  const requested = { ...source, requestedDocuments: ['fhir-bundle' as const], finding, ...changed }
  const [document] = await buildDocuments(requested, noTools)
  return new TextDecoder().decode(document.body)
}
const build = async (finding: Finding, changed: Partial<DocumentSource> = {}): Promise<Bundle> =>
  JSON.parse(await textOf(finding, changed))

const kindsOf = ({ entry }: Bundle): string[] => (entry ?? []).map(({ resource }) => resource?.resourceType ?? '')
const resource = <K extends FhirResource['resourceType']>({ entry }: Bundle, kind: K) =>
  entry?.map(({ resource }) => resource).find((one) => one?.resourceType === kind) as Extract<
    FhirResource,
    { resourceType: K }
  >

describe('the FHIR bundle', () => {
  const answered = ['Device', 'ImagingStudy', 'Observation', 'DiagnosticReport', 'Provenance']
  it.each<[string, Finding, string[]]>([
    ['suspected', suspected(true), answered],
    ['suspected without a region', suspected(false), answered],
    ['suspected in triage mode', flagged, answered],
    ['not suspected', notSuspected, answered],
    ['not analysed', notAnalysed, ['Device', 'ImagingStudy', 'Task', 'Provenance']],
  ])('holds, of one %s, what there is to say', async (_, finding, kinds) => {
    expect(kindsOf(await build(finding))).toEqual(kinds)
  })

  it('says nothing that reads as an answer of an image that was not analysed', async () => {
    const bundle = await build(notAnalysed)
    expect(resource(bundle, 'Task')).toMatchObject({
      status: 'failed',
      statusReason: { coding: [{ code: 'lateral-view' }] },
      description: expect.stringContaining('NOT ANALYSED (lateral-view): nothing is known'),
    })
    expect(JSON.stringify(bundle)).not.toMatch(/Absent|Not suspected|"final"/)
  })

  it('is preliminary, and says present or absent with the probability', async () => {
    for (const [finding, value] of [
      [suspected(true), 'Present'],
      [notSuspected, 'Absent'],
    ] as const) {
      const bundle = await build(finding)
      expect(resource(bundle, 'DiagnosticReport').status).toBe('preliminary')
      const { status, valueCodeableConcept, component } = resource(bundle, 'Observation')
      expect(status).toBe('preliminary')
      expect(valueCodeableConcept?.coding?.map(({ display }) => display)).toEqual([value, value])
      expect(component?.[0].valueQuantity?.value).toBe(0.8)
    }
  })

  it('tells side and area of a region, and neither in triage mode', async () => {
    const places = /Area|aterality|"Left"|"Right"|mm2/
    const whole = await build(suspected(true))
    const texts = resource(whole, 'Observation').component?.map(({ code }) => code.text)
    expect(texts).toEqual(['Probability', 'Area at the detector, larger than in the patient', 'Laterality'])
    expect(await textOf(flagged)).not.toMatch(places)
  })

  it('is created once: every entry says what it is found by, the same each time', async () => {
    const bundle = await build(suspected(true))
    const searches = (bundle.entry ?? []).map(({ request }) => request?.ifNoneExist)
    expect(new Set(searches).size).toBe(searches.length)
    expect(searches).not.toContain(undefined)
    expect(await textOf(suspected(true))).toBe(await textOf(suspected(true)))
    const other = await build(suspected(true), { screeningKey: 'd'.repeat(64) })
    const changed = (other.entry ?? []).map(({ request }, index) => request?.ifNoneExist !== searches[index])
    expect(kindsOf(other).filter((_, index) => !changed[index])).toEqual(['ImagingStudy'])
  })

  it('resolves every reference within itself', async () => {
    const bundle = await build(suspected(true))
    const uris = (bundle.entry ?? []).map(({ fullUrl }) => fullUrl)
    const references = [...JSON.stringify(bundle).matchAll(/"reference":"([^"]+)"/g)].map(([, reference]) => reference)
    expect(references.length).toBeGreaterThan(4)
    expect(references.filter((reference) => !uris.includes(reference))).toEqual([])
  })

  it('names the patient by the identifier of the source, in Unicode, and invents none', async () => {
    expect(resource(await build(notSuspected), 'Observation').subject).toMatchObject({
      type: 'Patient',
      identifier: { value: 'P-1 ｱ' },
    })
    const nobody = await build(notSuspected, { identity: { ...identity, PatientID: '' } })
    for (const kind of ['Observation', 'DiagnosticReport', 'ImagingStudy'] as const) {
      const { subject } = resource(nobody, kind)
      expect(subject).not.toHaveProperty('identifier')
      expect(subject).toMatchObject({ type: 'Patient', display: 'Unknown: the image names no patient' })
    }
    expect(kindsOf(nobody)).not.toContain('Patient')
    expect(await textOf(notSuspected)).not.toMatch(/ﾔﾏﾀﾞ|19600101/)
  })

  it('says what an earlier result of other models was', async () => {
    const predecessor = { screeningKey: 'e'.repeat(64), softwareVersion: '0.1.0', documents: ['fhir.json'] }
    const { entity } = resource(await build(notSuspected, { predecessor }), 'Provenance')
    const before = await build(notSuspected, { screeningKey: 'e'.repeat(64), softwareVersion: '0.1.0' })
    const [identifier] = resource(before, 'Observation').identifier ?? []
    expect(entity?.at(-1)).toMatchObject({ role: 'revision', what: { identifier } })
  })

  it('does not exist of a picture without a data set', async () => {
    const requested = { ...source, requestedDocuments: ['fhir-bundle' as const], finding: notSuspected, identity: null }
    expect(await buildDocuments(requested, noTools)).toEqual([])
  })
})

describe('a predecessor', () => {
  it('is a result of other models that holds what a receiver may have', () => {
    const stored = { screeningKey: 'e'.repeat(64), software: { name: 'pleura', version: '0.1.0' } }
    const of = (documents: string[]) =>
      predecessorOf({ ...stored, documents } as ResultDocument, 'f'.repeat(64), '0.2.0')
    expect(of(['mask.png'])).toBeNull()
    expect(of(['mask.png', 'fhir.json'])?.documents).toEqual(['mask.png', 'fhir.json'])
  })
})
