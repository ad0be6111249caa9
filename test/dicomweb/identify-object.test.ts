import { describe, expect, it } from 'vitest'
import { identifyingBytes, identifyObject } from '../../lib/adapters/dicomweb/identify-object.ts'
import { buildDicom, syntaxes } from '../radiograph/build-dicom.ts'

const identity = {
  sopClassUid: '1.2.840.10008.5.1.4.1.1.1',
  sopInstanceUid: '1.2.3.4',
  studyInstanceUid: '1.2.3',
}
const study = [0x0020, 0x000d, 'UI', '1.2.3'] as const

describe('identifyObject', () => {
  it.each(Object.entries(syntaxes))('names an object in %s', (_, transferSyntax) => {
    const encapsulated = !['implicit', 'explicit', 'deflated', 'bigEndian'].some(
      (name) => syntaxes[name as 'explicit'] === transferSyntax,
    )
    const file = buildDicom({
      transferSyntax,
      elements: [study],
      ...(encapsulated ? { pixels: null, fragments: [new Uint8Array(8)] } : {}),
    })
    expect(identifyObject(Buffer.from(file))).toEqual({ ...identity, transferSyntaxUid: transferSyntax })
  })

  it('names one of which only the first half is at hand', () => {
    const file = Buffer.from(buildDicom({ elements: [study] }))
    expect(identifyObject(file.subarray(0, file.length / 2))).toMatchObject(identity)
    const withoutStudy = Buffer.from(buildDicom())
    expect(identifyObject(withoutStudy.subarray(0, file.length / 2))).toMatchObject({
      ...identity,
      studyInstanceUid: null,
    })
  })

  it.each([1, 17, 200])(
    'names a deflated object with %i MiB before and behind its study, of which it has the head',
    (mib) => {
      const zeros = new Uint8Array(mib * 1024 * 1024)
      const behind = [study, [0x0029, 0x1001, 'OB', zeros]] as const
      const file = Buffer.from(buildDicom({ transferSyntax: syntaxes.deflated, elements: behind, pixels: null }))
      expect(identifyObject(file.subarray(0, identifyingBytes))).toMatchObject(identity)
      const before = [[0x0019, 0x1001, 'OB', zeros], study] as const
      const late = Buffer.from(buildDicom({ transferSyntax: syntaxes.deflated, elements: before, pixels: null }))
      const expected = { ...identity, studyInstanceUid: mib < 16 ? identity.studyInstanceUid : null }
      expect(identifyObject(late.subarray(0, identifyingBytes))).toMatchObject(expected)
    },
  )

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('x'.repeat(2000))],
    ['a data set without preamble', Buffer.from(buildDicom({ preamble: false }))],
    ['a UID that is a path', Buffer.from(buildDicom({ elements: [[0x0008, 0x0018, 'UI', '../../etc/passwd']] }))],
    ['a file without its SOP class', Buffer.from(buildDicom({ elements: [[0x0008, 0x0016, 'UI', null]] }))],
  ])('does not name %s', (_, bytes) => {
    expect(identifyObject(bytes)).toBeNull()
  })
})
