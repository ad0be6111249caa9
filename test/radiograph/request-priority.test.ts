import { describe, expect, it } from 'vitest'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { describeSource } from '../../lib/screening/radiograph/describe-source.ts'
import { buildDicom, type DicomOptions, type Element } from './build-dicom.ts'
import { noCodecs } from './no-codecs.ts'

const said = async (...elements: NonNullable<DicomOptions['elements']>) =>
  (await decodeRadiograph(buildDicom({ elements }), noCodecs)).facts
const requested = (text: string): Element => [0x0040, 0x1003, 'SH', text]
const reporting = (text: string): Element => [0x0040, 0x1009, 'SH', text]
const ofStudy = (text: string): Element => [0x0032, 0x000c, 'CS', text]
const inRequest = (...item: Element[]): Element => [0x0040, 0x0275, 'SQ', [item]]

describe('how urgent the order is', () => {
  it.each<[string, Element[], string]>([
    ['RequestedProcedurePriority', [requested('STAT')], 'stat'],
    ['ReportingPriority', [reporting('HIGH')], 'high'],
    ['the retired StudyPriorityID', [ofStudy('MED')], 'routine'],
    ['the request that it was made for', [inRequest(requested('STAT'))], 'stat'],
    ['the code of HL7', [requested('S')], 'stat'],
    ['small letters and blanks', [requested(' stat ')], 'stat'],
    ['the most urgent of several words', [ofStudy('LOW'), reporting('ROUTINE'), inRequest(requested('ASAP'))], 'high'],
    ['a low one', [ofStudy('LOW')], 'low'],
  ])('is read of %s', async (_, elements, expected) => {
    expect((await said(...elements)).requestPriority).toBe(expected)
  })

  it.each(['', 'Doe^Jane', 'STATUS', 'constructor', '1'])('is not known by %j', async (text) => {
    expect(await said(requested(text))).not.toHaveProperty('requestPriority')
  })

  it('keeps a file that is refused from no description, where the request is broken', () => {
    const broken: Element = [0x0040, 0x0275, 'SQ', Uint8Array.of(0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0x00, 0x00)]
    const described = describeSource(buildDicom({ elements: [broken, requested('STAT')] }))
    expect(described?.facts).toMatchObject({ format: 'dicom', requestPriority: 'stat' })
  })
})
