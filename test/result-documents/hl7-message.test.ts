import { describe, expect, it } from 'vitest'
import type { Finding } from '../../lib/screening/finding/finding.ts'
import { buildDocuments } from '../../lib/screening/result-documents/build-documents.ts'
import type { DocumentSource } from '../../lib/screening/result-documents/document-type.ts'
import { encodeSegment } from '../../lib/screening/result-documents/hl7-message/hl7-segment.ts'
import { identity, source, suspected } from './screened-image.ts'

const { classification } = suspected(true)
const notSuspected: Finding = { outcome: 'not-suspected', classification }
const notAnalysed: Finding = { outcome: 'not-analysed', code: 'lateral-view', detail: 'LL' }
const flagged: Finding = { outcome: 'suspected', classification, delineation: null, discordant: false }

async function segmentsOf(finding: Finding, changed: Partial<DocumentSource> = {}): Promise<string[][]> {
  const requested = { ...source, requestedDocuments: ['hl7-message' as const], finding, ...changed }
  const [document] = await buildDocuments(requested, () => {
    throw new Error('a message needs no tools')
  })
  const text = new TextDecoder().decode(document.body)
  expect(text.endsWith('\r')).toBe(true)
  return text
    .slice(0, -1)
    .split('\r')
    .map((segment) => segment.split('|'))
}
const named = (segments: string[][], name: string): string[][] => segments.filter(([own]) => own === name)
/** Code, value and status of each observation. */
const observations = (segments: string[][]) =>
  named(segments, 'OBX').map((obx) => [obx[3].split('^')[1], obx[5], obx[11]])

describe('the HL7 message', () => {
  it('is an ORU^R01 of one order, in UTF-8', async () => {
    const segments = await segmentsOf(suspected(true))
    expect(segments[0].slice(0, 3)).toEqual(['MSH', '^~\\&', 'Pleura'])
    expect([segments[0][8], segments[0][11], segments[0][17]]).toEqual(['ORU^R01^ORU_R01', '2.5.1', 'UNICODE UTF-8'])
    expect(segments[0][9]).toMatch(/^[0-9a-f]{20}$/)
    expect(segments.map(([name]) => name).join(' ')).toBe('MSH PID OBR OBX OBX OBX OBX OBX OBX NTE')
    expect(named(segments, 'OBR')[0][3]).toBe('A1')
  })

  it.each<[string, Finding, (string | undefined)[][]]>([
    [
      'a suspicion with its place',
      suspected(true),
      [
        ['Pneumothorax', '52101004^Present^SCT^LA9633-4^Present^LN', 'P'],
        ['Probability', '0.8000', 'P'],
        ['Area', '25.0', 'P'],
        ['Laterality', '7771000^Left^SCT', 'P'],
      ],
    ],
    [
      'a suspicion in triage mode without any place',
      flagged,
      [
        ['Pneumothorax', '52101004^Present^SCT^LA9633-4^Present^LN', 'P'],
        ['Probability', '0.8000', 'P'],
      ],
    ],
    [
      'no suspicion',
      notSuspected,
      [
        ['Pneumothorax', '2667000^Absent^SCT^LA9634-2^Absent^LN', 'P'],
        ['Probability', '0.8000', 'P'],
      ],
    ],
    ['an image that was not analysed', notAnalysed, [['Pneumothorax', '', 'X']]],
  ])('tells %s', async (_, finding, expected) => {
    const told = observations(await segmentsOf(finding))
    expect(told.slice(0, expected.length)).toEqual(expected)
    expect(told.at(-1)?.[0]).toBe('Radiology Imaging study [Impression] (narrative)')
    if (finding !== notAnalysed) expect(told).toHaveLength(expected.length + 2)
  })

  it('says nothing that reads as an answer of an image that was not analysed, and cancels no order', async () => {
    const segments = await segmentsOf(notAnalysed)
    expect(named(segments, 'OBR')[0][25]).toBe('I')
    expect(observations(segments).at(-1)?.[1]).toMatch(/^NOT ANALYSED \(lateral-view\): nothing is known/)
    expect(segments.flat().join('|')).not.toMatch(/Absent|Not suspected/)
  })

  it('names the patient in Unicode; what is not known is not there', async () => {
    const [, pid] = await segmentsOf(notSuspected)
    expect([pid[3], pid[5], pid[7], pid[8]]).toEqual(['P-1 ｱ^^^^MR', 'ﾔﾏﾀﾞ^ﾀﾛｳ', '19600101', 'F'])
    const unknown = { ...identity, PatientID: '', PatientName: '', PatientBirthDate: '19600231', PatientSex: 'X' }
    const [, nobody] = await segmentsOf(notSuspected, { identity: unknown })
    expect([nobody[3], nobody[5], nobody[7], nobody[8]]).toEqual(['', '^^^^^^U', '', 'U'])
  })

  it('is the same message each time, and another one by other models', async () => {
    const idOf = async (changed: Partial<DocumentSource> = {}) => (await segmentsOf(notSuspected, changed))[0][9]
    expect(await idOf()).toBe(await idOf())
    expect(await idOf({ screeningKey: 'd'.repeat(64) })).not.toBe(await idOf())
  })
})

describe('a segment', () => {
  it('escapes what divides fields, and drops what is empty at the end', () => {
    expect(encodeSegment('OBX', { 1: '1', 3: ['a|b', 'c^d', null], 5: 'e&f~g\\h\r\ni', 7: null })).toBe(
      'OBX|1||a\\F\\b^c\\S\\d||e\\T\\f\\R\\g\\E\\h\\.br\\\\.br\\i',
    )
  })
})
