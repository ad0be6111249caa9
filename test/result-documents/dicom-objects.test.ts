import dicomParser, { type DataSet } from 'dicom-parser'
import { describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../../lib/adapters/codecs/create-document-tools.ts'
import type { Finding } from '../../lib/screening/finding/finding.ts'
import { buildDocuments, documentTypes } from '../../lib/screening/result-documents/build-documents.ts'
import { buildResultDocument } from '../../lib/screening/result-documents/build-result-document.ts'
import type { DocumentSource } from '../../lib/screening/result-documents/document-type.ts'
import { rollUpStudy } from '../../lib/screening/result-documents/study-result/roll-up-study.ts'
import { identity, size, source, suspected, suspectedOnBothSides } from './screened-image.ts'

const tools = () => createDocumentTools(createCodecs())
const { classification } = suspected(true)
const map = { rows: 2, columns: 2, values: new Float32Array([0, 1, 2, 3]) }
const notSuspected: Finding = { outcome: 'not-suspected', classification }
const notAnalysed: Finding = { outcome: 'not-analysed', code: 'lateral-view', detail: 'LL' }
const flagged: Finding = { outcome: 'suspected', classification, delineation: null, discordant: false }

async function build(finding: Finding, changed: Partial<DocumentSource> = {}): Promise<Map<string, Uint8Array>> {
  const documents = await buildDocuments({ ...source, finding, ...changed }, tools)
  return new Map(documents.map(({ name, body }) => [name, body]))
}

const read = (body: Uint8Array | undefined): DataSet => dicomParser.parseDicom(body as Uint8Array)

/** Every element of the object and of its items, as `tag value`. */
function linesOf(dataSet: DataSet): string[] {
  return Object.values(dataSet.elements).flatMap(({ tag, items }) =>
    items ? items.flatMap((item) => linesOf(item.dataSet as DataSet)) : [`${tag} ${dataSet.string(tag) ?? ''}`],
  )
}
const meanings = (dataSet: DataSet): string[] =>
  linesOf(dataSet)
    .filter((line) => line.startsWith('x00080104 '))
    .map((line) => line.slice(10))

const dicomNames = ['presentation-state.dcm', 'secondary-capture.dcm', 'segmentation.dcm', 'structured-report.dcm']

describe('the DICOM objects of an image', () => {
  it.each<[string, Finding, Partial<DocumentSource>, string[]]>([
    ['suspected', suspected(true), {}, dicomNames],
    ['suspected without a region', suspected(false), {}, ['secondary-capture.dcm', 'structured-report.dcm']],
    ['suspected in triage mode', flagged, {}, ['structured-report.dcm']],
    ['not suspected', notSuspected, {}, ['structured-report.dcm']],
    ['not analysed', notAnalysed, { prepared: null, size: null }, ['structured-report.dcm']],
    ['without a data set', suspected(true), { identity: null }, []],
  ])('are, of one %s', async (_, finding, changed, names) => {
    const documents = await build(finding, changed)
    expect([...documents.keys()].filter((name) => name.endsWith('.dcm')).sort()).toEqual(names)
  })

  it("carry the source's identity byte for byte, and make legal what is not", async () => {
    for (const [name, body] of await build(suspected(true))) {
      if (!name.endsWith('.dcm')) continue
      const object = read(body)
      const bytesOf = (tag: string) => {
        const { dataOffset, length } = object.elements[tag]
        return Buffer.from(body.subarray(dataOffset, dataOffset + length))
          .toString('latin1')
          .trimEnd()
      }
      expect(bytesOf('x00100010')).toBe(identity.PatientName)
      expect(bytesOf('x00100020')).toBe(identity.PatientID)
      expect(bytesOf('x00080005')).toBe(identity.SpecificCharacterSet)
      expect(object.string('x0020000d')).toBe('2.25.2')
      expect(object.string('x00080050')).toBe('A1')
      expect(object.string('x00101010')).toBe('064Y')
      expect(object.string('x0020000e')).not.toBe('2.25.3')
    }
  })

  it('give a source without usable UIDs a study of its own, the same each time', async () => {
    const poor = { identity: { StudyInstanceUID: '', SOPInstanceUID: 'ID_1', SeriesInstanceUID: '1.02.3' } }
    const [first, second] = [await build(notSuspected, poor), await build(notSuspected, poor)]
    expect(first).toEqual(second)
    const object = read(first.get('structured-report.dcm'))
    expect(object.string('x0020000d')).toMatch(/^2\.25\.\d+$/)
    expect(object.string('x00100020') ?? '').toBe('')
  })

  it('declare Latin-1 where the source has such bytes and declares nothing', async () => {
    const documents = await build(notSuspected, { identity: { PatientName: 'M\xfcller' } })
    expect(read(documents.get('structured-report.dcm')).string('x00080005')).toBe('ISO_IR 100')
  })

  it('are the same bytes when made again, and other instances by another key or version', async () => {
    const uidOf = async (changed: Partial<DocumentSource>) =>
      read((await build(notSuspected, changed)).get('structured-report.dcm')).string('x00080018')
    expect(await build(suspected(true))).toEqual(await build(suspected(true)))
    const uids = await Promise.all([
      uidOf({}),
      uidOf({ screeningKey: 'd'.repeat(64) }),
      uidOf({ softwareVersion: '0.3.0' }),
      uidOf({ imageId: '1'.repeat(32) }),
    ])
    expect(new Set(uids).size).toBe(4)
  })

  it('name what they replace', async () => {
    const before = read((await build(notSuspected)).get('structured-report.dcm')).string('x00080018')
    const { screeningKey, softwareVersion } = source
    const predecessor = { screeningKey, softwareVersion, documents: ['structured-report.dcm'] }
    const documents = await build(notSuspected, { screeningKey: 'd'.repeat(64), predecessor })
    const report = read(documents.get('structured-report.dcm'))
    const [replaced] = report.elements.x0040a360.items ?? []
    expect(linesOf(replaced.dataSet as DataSet)).toContain(`x00081155 ${before}`)
  })
})

describe('the segmentation', () => {
  it('holds the mask pixel by pixel in the geometry of the source', async () => {
    const finding = suspected(true)
    const body = (await build(finding)).get('segmentation.dcm') as Uint8Array
    const object = read(body)
    expect([object.uint16('x00280010'), object.uint16('x00280011')]).toEqual([size.rows, size.columns])
    const { dataOffset } = object.elements.x7fe00010
    const bits = Array.from(finding.delineation.mask, (_, i) => (body[dataOffset + (i >> 3)] >> (i & 7)) & 1)
    expect(bits).toEqual([...finding.delineation.mask])
  })
})

describe('the loss of a source', () => {
  it.each([
    ['1.2.840.10008.1.2.4.50', 'ISO_10918_1'],
    ['1.2.840.10008.1.2.4.81', 'ISO_14495_1'],
    ['1.2.840.10008.1.2.4.91', 'ISO_15444_1'],
    ['1.2.840.10008.1.2.4.203', 'ISO_15444_15'],
    ['1.2.840.10008.1.2.4.70', undefined],
  ])('in %s is told by its method: %s', async (transferSyntaxUid, method) => {
    const documents = await build(suspected(true), { facts: { ...source.facts!, transferSyntaxUid } })
    expect(read(documents.get('segmentation.dcm')).string('x00282114')).toBe(method)
  })
})

describe('the structured report', () => {
  const report = async (finding: Finding, changed: Partial<DocumentSource> = {}) =>
    read((await build(finding, changed)).get('structured-report.dcm'))

  it.each<[string, Finding, string[], string[]]>([
    ['a suspicion as present, with its place', suspected(true), ['Present', 'Area', 'Left', 'Succeeded'], ['Absent']],
    ['a suspicion without a region', suspected(false), ['Present', 'Succeeded'], ['Absent', 'Area', 'Left']],
    ['no suspicion as absent', notSuspected, ['Absent', 'Succeeded'], ['Present', 'Area']],
    ['an image that was not analysed as neither', notAnalysed, ['Not Attempted'], ['Present', 'Absent', 'Succeeded']],
  ])('tells %s', async (_, finding, told, untold) => {
    const said = meanings(await report(finding))
    expect(said).toEqual(expect.arrayContaining(told))
    for (const meaning of untold) expect(said).not.toContain(meaning)
  })

  it('says in words that nothing is known of an image that was not analysed, and why', async () => {
    const text = linesOf(await report(notAnalysed)).join('\n')
    expect(text).toContain('NOT ANALYSED (lateral-view): nothing is known')
  })

  it('tells no area where the spacing is unknown', async () => {
    const facts = { ...source.facts!, pixelSpacing: null }
    const finding = suspected(true)
    const unmeasured = { ...finding, delineation: { ...finding.delineation, areaMm2: null } }
    expect(meanings(await report(unmeasured, { facts }))).not.toContain('Area')
  })

  it('tells the side of each region by itself', async () => {
    const said = meanings(await report(suspectedOnBothSides()))
    expect(said.filter((meaning) => ['Left', 'Right', 'Right and left'].includes(meaning))).toEqual(['Left', 'Right'])
  })

  it('draws no region of a mask that is empty in the pixels of the source', async () => {
    const whole = suspected(true)
    const delineation = { ...whole.delineation, mask: suspected(false).delineation.mask, components: [], areaPixels: 0 }
    const said = meanings(await report({ ...whole, discordant: true, delineation }))
    for (const meaning of ['Area', 'Image Region', 'Referenced Segmentation Frame']) expect(said).not.toContain(meaning)
  })

  it('points at a segmentation only where one was asked for', async () => {
    const segmentationClass = 'x00081150 1.2.840.10008.5.1.4.1.1.66.4'
    expect(linesOf(await report(suspected(true)))).toContain(segmentationClass)
    const alone = await report(suspected(true), { requestedDocuments: ['structured-report'] })
    expect(linesOf(alone)).not.toContain(segmentationClass)
    expect(meanings(alone)).not.toContain('Referenced Segmentation Frame')
    expect(meanings(alone)).toContain('Area')
  })

  it('belongs to the order of its source', async () => {
    const [request] = (await report(notSuspected)).elements.x0040a370.items ?? []
    expect(linesOf(request.dataSet as DataSet)).toEqual(expect.arrayContaining(['x00080050 A1', 'x00401001 R1']))
  })
})

describe('the presentation state', () => {
  it('draws the outline from 0\\0, the corner of the first pixel', async () => {
    const whole = suspected(true)
    const probabilities = whole.delineation.probabilityMap.probabilities.fill(0.9)
    const probabilityMap = { ...whole.delineation.probabilityMap, probabilities }
    const finding = { ...whole, delineation: { ...whole.delineation, probabilityMap } }
    const body = (await build(finding)).get('presentation-state.dcm') as Uint8Array
    const [annotation] = read(body).elements.x00700001.items ?? []
    const [drawn] = (annotation.dataSet as DataSet).elements.x00700009.items ?? []
    const points = drawn.dataSet as DataSet
    const count = 2 * (points.uint16('x00700021') ?? 0)
    const values = Array.from({ length: count }, (_, i) => points.float('x00700022', i) ?? Number.NaN)
    expect([Math.min(...values), Math.max(...values)]).toEqual([0, size.columns])
  })

  it('is not made where a VOI LUT was put aside, which may have inverted the picture', async () => {
    const prepared = { ...source.prepared!, warnings: ['voi-lut-outside-range' as const] }
    const documents = await build(suspected(true), { prepared })
    expect([...documents.keys()]).not.toContain('presentation-state.dcm')
    expect([...documents.keys()]).toContain('segmentation.dcm')
  })
})

describe('triage mode', () => {
  it('says where in no document of any kind', async () => {
    const withMap = { ...flagged, classification: { ...classification, classActivationMap: null } }
    const documents = await build(withMap)
    expect([...documents.keys()]).toEqual(['structured-report.dcm', 'fhir.json', 'oru.hl7'])
    const report = read(documents.get('structured-report.dcm'))
    expect(meanings(report)).toContain('Present')
    const places = [
      'Area',
      'Left',
      'Right',
      'Right and left',
      'Image Region',
      'Referenced Segmentation Frame',
      'Pleura',
    ]
    for (const place of places) expect(meanings(report)).not.toContain(place)
    expect(linesOf(report)).not.toContain('x00700023 POLYLINE')
    const result = buildResultDocument(withMap, { ...source, documents: [...documents.keys()], timingsMs: {} })
    expect(result).toMatchObject({ outcome: 'suspected', segmentation: null, discordant: false })
    // The study result too, also beside an image that was screened in full mode.
    const whole = buildResultDocument(suspected(true), { ...source, documents: [], timingsMs: {} })
    const images = [result, { ...whole, imageId: '1'.repeat(32) }].map((each) => ({
      imageId: each.imageId,
      patientMark: null,
      failed: false,
      result: each,
    }))
    const told = { outcome: 'suspected', sides: null, discordant: false, counts: { images: 2 } }
    expect(rollUpStudy('2.25.2', images, 'triage')).toMatchObject(told)
    expect(rollUpStudy('2.25.2', images, 'full').sides).not.toBeNull()
  })

  it('is not what full mode says of the same image', async () => {
    const whole = { ...suspected(true), classification: { ...classification, classActivationMap: map } }
    expect([...(await build(whole)).keys()]).toHaveLength(documentTypes.length)
  })
})
