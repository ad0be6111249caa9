import { describe, expect, it } from 'vitest'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { describeSource } from '../../lib/screening/radiograph/describe-source.ts'
import { buildDicom, side } from './build-dicom.ts'
import { noCodecs } from './no-codecs.ts'

const elements = [
  [0x0008, 0x0005, 'CS', 'ISO_IR 100'],
  [0x0008, 0x0050, 'SH', 'A1'],
  [0x0010, 0x0010, 'PN', 'M\xfcller^Anna'],
  [0x0010, 0x0020, 'LO', 'P 1 '],
  [0x0020, 0x000d, 'UI', '1.2.3'],
] as const
const whole = buildDicom({ elements })

describe('a source that was refused is described by', () => {
  it.each<[string, Uint8Array]>([
    ['a whole file', whole],
    ['a file that was cut within its pixels', whole.subarray(0, whole.length - 1000)],
    [
      'an unsupported transfer syntax',
      buildDicom({ elements, transferSyntax: '1.2.840.10008.1.2.4.100', fragments: [] }),
    ],
    ['a lateral view', buildDicom({ elements: [...elements, [0x0018, 0x5101, 'CS', 'LL']] })],
    ['an object without pixels', buildDicom({ elements, pixels: null })],
  ])('its identity and size, of %s', (_, file) => {
    expect(describeSource(file)).toMatchObject({
      facts: { format: 'dicom', studyInstanceUid: '1.2.3', sopInstanceUid: '1.2.3.4' },
      identity: { PatientID: 'P 1', PatientName: 'M\xfcller^Anna', AccessionNumber: 'A1', StudyInstanceUID: '1.2.3' },
      size: { rows: side, columns: side },
    })
  })

  it('what stands before the break of a data set', () => {
    const cut = whole.subarray(0, Buffer.from(whole).indexOf('P 1') + 6)
    const described = describeSource(cut)
    expect(described).toMatchObject({ identity: { AccessionNumber: 'A1' }, size: null })
    expect(described?.identity).not.toHaveProperty('StudyInstanceUID')
  })

  it.each([
    ['PatientName', 'M\xfcller', 4],
    ['StudyInstanceUID', '1.2.3\0', 2],
    ['SpecificCharacterSet', 'ISO_IR', 3],
  ])('nothing of a value that the file ends within: %s', (keyword, value, kept) => {
    const end = Buffer.from(whole).indexOf(Buffer.from(value, 'latin1')) + kept
    // What lies behind the file in memory is another file's.
    const memory = Buffer.concat([whole.subarray(0, end), Buffer.from('SOMEBODY ELSE 12345678901234567890')])
    const described = describeSource(memory.subarray(0, end))
    expect(described?.identity).toBeDefined()
    expect(described?.identity).not.toHaveProperty(keyword)
    expect(JSON.stringify(described)).not.toContain('SOMEBODY')
  })

  it('whatever stands there, wherever a file is cut', () => {
    for (let end = 132; end < whole.length - side * side * 2 + 16; end++) {
      const memory = Buffer.concat([whole.subarray(0, end), Buffer.alloc(64, 'X')])
      expect(JSON.stringify(describeSource(memory.subarray(0, end)))).not.toContain('XX')
    }
  })

  it('its kind alone, of a picture', () => {
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
    expect(describeSource(png)).toMatchObject({ facts: { format: 'png', modality: null }, identity: null, size: null })
  })

  it.each<[string, Uint8Array]>([
    ['no image', Buffer.from('no image at all')],
    ['a data set of the other byte order', Buffer.concat([whole.subarray(0, 132), Buffer.alloc(200, 0xaa)])],
  ])('nothing, of %s', (_, file) => {
    expect(describeSource(file)).toBeNull()
  })
})

describe('the identity of a decoded source', () => {
  it('holds its bytes without padding, and what is empty as empty', async () => {
    const { identity } = await decodeRadiograph(
      buildDicom({ elements: [...elements, [0x0020, 0x0010, 'SH', '']] }),
      noCodecs,
    )
    expect(identity).toMatchObject({ PatientID: 'P 1', StudyID: '', PatientName: 'M\xfcller^Anna' })
    expect(identity).not.toHaveProperty('IssuerOfPatientID')
  })

  it('leaves out what is beyond any limit', async () => {
    const long = [0x0010, 0x0010, 'PN', 'A'.repeat(5000)] as const
    const { identity } = await decodeRadiograph(buildDicom({ elements: [...elements, long] }), noCodecs)
    expect(identity).not.toHaveProperty('PatientName')
  })

  it('is in no place of the acquisition facts', async () => {
    const { facts } = await decodeRadiograph(whole, noCodecs)
    expect(JSON.stringify(facts)).not.toMatch(/ller|A1|P 1/)
  })
})
