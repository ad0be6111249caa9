import { deflateSync } from 'node:zlib'
import dicomParser from 'dicom-parser'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import type { EventSink } from '../../lib/screening/kernel/ports.ts'
import { Pseudonyms } from '../../lib/screening/result-documents/deidentification/pseudonyms.ts'
import { buildResultLine } from '../../lib/screening/result-documents/result-line.ts'
import { emitResult } from '../../lib/screening/result-documents/study-event.ts'
import { tenant } from '../../lib/screening/screening-job/tenant.ts'
import { buildCase, type Case, type Elements, type Outcome, outcomes } from '../judges/build-cases.ts'
import { syntaxes } from '../radiograph/build-dicom.ts'
import { chunksOf, plantedElements, plantedWords, wordsIn } from './planted-source.ts'

const pseudonyms = new Pseudonyms(Buffer.from('a key of forty characters for the tests.'))
const elements = plantedElements() as Elements
const words = plantedWords(plantedElements(true))

/** Everything that goes out of a case, by name. */
async function outputsOf({ documents, result }: Case): Promise<Map<string, Uint8Array>> {
  const events: [string, object][] = []
  const sink: EventSink = { emit: async (type, detail) => void events.push([type, detail]) }
  const resultKey = `results/clinic/${result.imageId}/result.json`
  await emitResult(sink, result, { tenant: 'clinic', lane: 'routine', resultKey, study: null })
  return new Map<string, Uint8Array>([
    ...documents.map(({ name, body }) => [name, body] as const),
    ['result.json', Buffer.from(JSON.stringify(result))],
    ['event', Buffer.from(JSON.stringify(events))],
    [
      'results.jsonl',
      Buffer.from(JSON.stringify(buildResultLine(pseudonyms.label('/in/Doe^Jane ZQFILE.dcm'), result))),
    ],
  ])
}

const found = async (made: Case, sought = words) => {
  const outputs = await outputsOf(made)
  return Object.fromEntries(
    [...outputs].map(([name, body]) => [name, wordsIn(body, sought)]).filter(([, hits]) => hits.length > 0),
  )
}

describe('the search for planted words', () => {
  it.each<[string, (word: string) => Buffer]>([
    ['text', (word) => Buffer.from(`a${word}b`)],
    ['UTF-16, little endian', (word) => Buffer.from(`a${word}b`, 'utf16le')],
    ['UTF-16, big endian', (word) => Buffer.from(`a${word}b`, 'utf16le').swap16()],
    ...['', 'a', 'ab'].map((before): [string, (word: string) => Buffer] => [
      `base64 behind ${before.length} bytes`,
      (word) => Buffer.from(Buffer.from(`${before}${word}bc`).toString('base64')),
    ]),
    ['hexadecimal', (word) => Buffer.from(Buffer.from(word).toString('hex').toUpperCase())],
  ])('finds them as %s', (_, encode) => {
    for (const word of words) expect(wordsIn(encode(word), [word])).toEqual([word])
  })

  it('finds them in compressed text and in the pixels of a PNG', async () => {
    const pixels = Buffer.alloc(64 * 64)
    pixels.write('ZQPIXELS', 100)
    const png = await sharp(pixels, { raw: { width: 64, height: 64, channels: 1 } })
      .toColourspace('b-w')
      .png({ adaptiveFiltering: false })
      .toBuffer()
    const text = Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.from('ZQTEXT'))])
    const header = Buffer.alloc(8)
    header.writeUInt32BE(text.length)
    header.write('zTXt', 4)
    const withText = Buffer.concat([png.subarray(0, 33), header, text, Buffer.alloc(4), png.subarray(33)])
    expect(wordsIn(withText, ['ZQPIXELS', 'ZQTEXT', 'ZQNONE'])).toEqual(['ZQPIXELS', 'ZQTEXT'])
  })

  it('finds a word for each document that names its patient, where identity is not removed', async () => {
    const hits = await found(await buildCase(elements, 'region'))
    expect(Object.keys(hits).sort()).toEqual([
      'fhir.json',
      'oru.hl7',
      'presentation-state.dcm',
      'result.json',
      'secondary-capture.dcm',
      'segmentation.dcm',
      'structured-report.dcm',
    ])
    expect(hits['structured-report.dcm'].length).toBeGreaterThan(8)
  })
})

describe('a de-identified result', () => {
  it.each(outcomes)('holds nothing of its source in any document, %s', async (outcome) => {
    const made = await buildCase(elements, outcome, { pseudonyms })
    expect(await found(made, [...words, imageIdOf(made.source)])).toEqual({})
    const reports = ['structured-report.dcm', 'fhir.json', 'oru.hl7']
    const pictures = ['mask.png', 'overlay.png', 'heat-map.png', 'segmentation.dcm', 'secondary-capture.dcm']
    const expected = {
      region: ['class-activation-map.png', ...pictures, 'presentation-state.dcm', ...reports],
      discordant: [...pictures.toSpliced(3, 1), ...reports],
      triage: reports,
      'not-suspected': reports,
      'not-analysed': reports,
    }
    expect(made.result.documents).toEqual(expected[outcome])
  })

  it.each(Object.entries(syntaxes).slice(0, 4))('holds nothing of a source in %s either', async (_, transferSyntax) => {
    expect(await found(await buildCase(elements, 'region', { pseudonyms, transferSyntax }))).toEqual({})
  })

  it('holds nothing of what stands in the place of terms, and of a detail that quotes it', async () => {
    const made = await buildCase(plantedElements(true) as Elements, 'not-analysed', { pseudonyms })
    expect(made.result.outcome).toBe('not-analysed')
    expect(await found(made)).toEqual({})
    expect(made.result.reason?.detail).toBe('left out: de-identified')
  })

  it('has pictures without any text chunk', async () => {
    const { documents } = await buildCase(elements, 'region', { pseudonyms })
    const pictures = documents.filter(({ mediaType }) => mediaType === 'image/png')
    expect(pictures.map(({ name }) => name)).toEqual([
      'class-activation-map.png',
      'mask.png',
      'overlay.png',
      'heat-map.png',
    ])
    for (const { body } of pictures) {
      expect(chunksOf(body).filter((kind) => !['IHDR', 'pHYs', 'sRGB', 'IDAT', 'IEND'].includes(kind))).toEqual([])
    }
  })
})

const changed = (...changes: Elements[number][]): Elements => [...elements, ...changes]
const resultOf = async (elements: Elements, outcome: Outcome = 'not-suspected', keys = pseudonyms) =>
  buildCase(elements, outcome, { pseudonyms: keys })
const textOf = ({ documents }: Case, name: string): string =>
  Buffer.from(documents.find((document) => document.name === name)!.body).toString('latin1')
const patientOf = (made: Case): string => /\rPID\|1\|\|([^^|]*)\^\^\^\^ANON\|/.exec(textOf(made, 'oru.hl7'))?.[1] ?? ''
const studyDateOf = (made: Case): number => {
  const [, year, month, day, hours, minutes, seconds] =
    /\rOBR\|1\|(?:[^|]*\|){5}(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?(\d\d)?\|/.exec(textOf(made, 'oru.hl7'))!.map(Number)
  return Date.UTC(year, month - 1, day, hours || 0, minutes || 0, seconds || 0)
}
const daysMs = 24 * 60 * 60 * 1000

describe('pseudonyms', () => {
  it('are the same in all studies of a patient, and others for another patient, issuer or key', async () => {
    const first = await resultOf(elements)
    const second = await resultOf(changed([0x0020, 0x000d, 'UI', '1.2.3.99'], [0x0008, 0x0018, 'UI', '1.2.3.98']))
    expect(patientOf(first)).toMatch(/^P[0-9A-F]{24}$/)
    expect(patientOf(second)).toBe(patientOf(first))
    expect(second.result.source?.studyInstanceUid).not.toBe(first.result.source?.studyInstanceUid)
    const others = [
      await resultOf(changed([0x0010, 0x0020, 'LO', 'ZQOTHER'])),
      await resultOf(changed([0x0010, 0x0021, 'LO', 'ZQOTHER'])),
      await resultOf(elements, 'not-suspected', new Pseudonyms(Buffer.alloc(32, 'another key of the tests'))),
    ]
    const all = [first, ...others].map(patientOf)
    expect(new Set(all).size).toBe(4)
  })

  it('name the same study, series and instance in all documents, and the same for the same source', async () => {
    const made = await resultOf(elements, 'region')
    const again = await resultOf(elements, 'region')
    expect(again.documents).toEqual(made.documents)
    const { studyInstanceUid, sopInstanceUid, seriesInstanceUid } = made.result.source!
    expect([studyInstanceUid, sopInstanceUid, seriesInstanceUid]).toEqual(
      ['1.2.826.0.90002.2', '1.2.826.0.90001.1', '1.2.826.0.90003.3'].map((uid) => pseudonyms.uid(uid)),
    )
    for (const uid of [studyInstanceUid, sopInstanceUid]) {
      expect(uid).toMatch(/^2\.25\.\d{1,39}$/)
      for (const { name } of made.documents.filter(({ name }) => /\.dcm$|^fhir/.test(name))) {
        expect(textOf(made, name)).toContain(uid)
      }
    }
    expect(textOf(made, 'oru.hl7')).toContain(studyInstanceUid!)
  })

  it('stand for who she is, of whom neither sex nor age nor birth is told', async () => {
    const made = await resultOf(elements, 'region')
    expect(textOf(made, 'oru.hl7')).toContain(`||${patientOf(made)}^Pseudonym|||U\r`)
    for (const { name } of made.documents.filter(({ name }) => name.endsWith('.dcm'))) {
      const object = dicomParser.parseDicom(Buffer.from(textOf(made, name), 'latin1'))
      expect(object.string('x00100020')).toBe(patientOf(made))
      expect(['x00100030', 'x00100040', 'x00101010'].map((tag) => object.string(tag) ?? '')).toEqual(['', '', ''])
      expect(object.string('x00120062')).toBe('YES')
      const codes = object.elements.x00120064.items!.map(({ dataSet }) => dataSet!.string('x00080100'))
      expect(codes).toEqual(['113100', '113103', '113104', '113105', '113107'])
    }
  })

  it('are not made up for a source that names no patient: strangers are not one', async () => {
    const nameless = changed([0x0010, 0x0020, 'LO', ''], [0x0010, 0x0010, 'PN', ''])
    const made = await resultOf(nameless)
    expect(textOf(made, 'oru.hl7')).toMatch(/\rPID\|1\|\|\|\|/)
    expect(textOf(made, 'fhir.json')).toContain('data-absent-reason')
  })

  it('shift all times of a patient by the same, and keep what lies between', async () => {
    const first = await resultOf(elements)
    const later = await resultOf(changed([0x0008, 0x0020, 'DA', '20210219'], [0x0008, 0x0030, 'TM', '131516']))
    const shift = Date.UTC(2021, 1, 12, 13, 14, 16) - studyDateOf(first)
    expect(shift).toBeGreaterThanOrEqual(30 * daysMs)
    expect(shift).toBeLessThan(3650 * daysMs)
    expect(studyDateOf(later) - studyDateOf(first)).toBe(7 * daysMs + 60_000)
    // The moment of the analysis would tell the shift.
    expect(Date.UTC(2026, 0, 2, 3, 4, 5) - Date.parse(first.result.analysedAt)).toBe(shift)
    const other = await resultOf(changed([0x0010, 0x0020, 'LO', 'ZQOTHER']))
    expect(Date.UTC(2026, 0, 2, 3, 4, 5) - Date.parse(other.result.analysedAt)).not.toBe(shift)
  })

  it.each(['20210230', '2021', 'ZQDATE', ''])('leave a study date of %j out', async (date) => {
    const made = await resultOf(changed([0x0008, 0x0020, 'DA', date]))
    expect(textOf(made, 'oru.hl7')).toMatch(/\rOBR\|1\|(?:[^|]*\|){5}\|/)
  })

  it('are refused a short key', () => {
    expect(() => new Pseudonyms(Buffer.alloc(31, 'x'))).toThrow(RangeError)
  })
})

describe('text in the pixels', () => {
  it.each([
    ['NO', 'NO', []],
    ['', 'UNKNOWN', ['burned-in-text-unknown']],
    ['ZQTEXT', 'UNKNOWN', ['burned-in-text-unknown']],
    ['YES', 'YES', ['burned-in-text']],
  ])('is told of where the source says %j', async (stated, told, warnings) => {
    const made = await resultOf(changed([0x0028, 0x0301, 'CS', stated]), 'region')
    expect(made.result.deidentification?.burnedInAnnotation).toBe(told)
    expect(made.result.warnings.filter((code) => code.startsWith('burned'))).toEqual(warnings)
    expect(textOf(made, 'structured-report.dcm')).toContain(`source BurnedInAnnotation: ${told}`)
    expect(textOf(made, 'fhir.json')).toContain(`source BurnedInAnnotation: ${told}`)
    expect(textOf(made, 'oru.hl7')).toContain(`source BurnedInAnnotation: ${told}`)
    const pictures = ['overlay.png', 'heat-map.png', 'secondary-capture.dcm']
    const shown = made.result.documents.filter((name) => pictures.includes(name))
    expect(shown.sort()).toEqual(told === 'YES' ? [] : pictures.sort())
  })
})

it('is no setting of a tenant: in AWS it is refused, not taken and half kept', () => {
  expect(tenant.safeParse({ id: 'north' }).success).toBe(true)
  expect(tenant.safeParse({ id: 'north', deidentify: true }).error?.issues).toMatchObject([
    { code: 'unrecognized_keys', keys: ['deidentify'] },
  ])
})
