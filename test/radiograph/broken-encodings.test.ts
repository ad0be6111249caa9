import dicomParser from 'dicom-parser'
import { describe, expect, it } from 'vitest'
import { encodeRle } from '../../lib/phantom/encode-rle.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import {
  buildDicom,
  type DicomOptions,
  type Element,
  encodeElement,
  encodeHeader,
  rampValues,
  side,
  syntaxes,
  words,
} from './build-dicom.ts'
import { noCodecs } from './no-codecs.ts'

/*
 * Legal encodings that readers stumble over, and broken ones that others read: each is read to the same stored values,
 * in every native syntax, early in the data set and right before the pixel data.
 */

const undefinedLength = 0xffffffff
const little = { explicit: true, big: false }
const implicitLittle = { explicit: false, big: false }
type Encoding = typeof little

const encodings = {
  implicit: implicitLittle,
  explicit: little,
  bigEndian: { explicit: true, big: true },
} as const
type Syntax = keyof typeof encodings
const all: readonly Syntax[] = ['implicit', 'explicit', 'bigEndian']
const explicitOnly: readonly Syntax[] = ['explicit', 'bigEndian']

const delimiter = (element: number, length: number, { big }: Encoding): Buffer =>
  encodeHeader(0xfffe, element, '', length, { explicit: false, big })
const item = (length: number, encoding: Encoding): Buffer => delimiter(0xe000, length, encoding)
const itemEnd = (encoding: Encoding): Buffer => delimiter(0xe00d, 0, encoding)
const sequenceEnd = (encoding: Encoding): Buffer => delimiter(0xe0dd, 0, encoding)
const zeros = (length: number): Buffer => Buffer.alloc(length)
/** An element with a VR and a length written as no VR of the standard has them. */
const odd = (vr: string, group: number, length: number, encoding: Encoding, form: 'LO' | 'UN'): Buffer => {
  const header = encodeHeader(group, 0x1001, form, length, encoding)
  header.write(vr, 4, 'latin1')
  return Buffer.concat([header, Buffer.alloc(length, 0x61)])
}

type Build = (group: number, encoding: Encoding) => Buffer[]
const text = (group: number, encoding: Encoding): Buffer => encodeElement([group, 0x1002, 'LO', 'text'], encoding)
const open = (vr: string, group: number, encoding: Encoding, length = undefinedLength): Buffer =>
  encodeHeader(group, 0x1001, vr, length, encoding)

const legal: Record<string, [readonly Syntax[], Build]> = {
  'sequences of undefined length, nested': [
    all,
    (g, e) => {
      const inner = [encodeHeader(g, 0x1003, 'SQ', undefinedLength, e), item(undefinedLength, e), text(g, e)]
      return [
        open('SQ', g, e),
        item(undefinedLength, e),
        ...inner,
        itemEnd(e),
        sequenceEnd(e),
        itemEnd(e),
        sequenceEnd(e),
      ]
    },
  ],
  'sequences of undefined length, nested a thousandfold': [
    all,
    (g, e) => {
      const begin = [open('SQ', g, e), item(undefinedLength, e)]
      const end = [itemEnd(e), sequenceEnd(e)]
      return Array.from({ length: 1000 }, () => begin)
        .concat(Array.from({ length: 1000 }, () => end))
        .flat()
    },
  ],
  'sequences of defined length, nested a thousandfold': [
    all,
    (g, e) => {
      let inner = Buffer.alloc(0)
      for (let depth = 0; depth < 1000; depth++) {
        inner = Buffer.concat([open('SQ', g, e, inner.length + 8), item(inner.length, e), inner])
      }
      return [inner]
    },
  ],
  'an empty sequence of undefined length': [all, (g, e) => [open('SQ', g, e), sequenceEnd(e)]],
  'a UN of undefined length, its items implicit': [
    explicitOnly,
    (g, e) => [
      open('UN', g, e),
      item(undefinedLength, implicitLittle),
      text(g, implicitLittle),
      itemEnd(implicitLittle),
      sequenceEnd(implicitLittle),
    ],
  ],
  'a text of unknown VR': [explicitOnly, (g, e) => [encodeElement([g, 0x1001, 'UN', new Uint8Array(20)], e)]],
  'fragments of a private thumbnail': [
    explicitOnly,
    (g, e) => [open('OB', g, e), item(0, little), item(4, little), Buffer.from('abcd'), sequenceEnd(little)],
  ],
}

const broken: Record<string, [readonly Syntax[], Build]> = {
  'a UN of undefined length, its items explicit': [
    explicitOnly,
    (g, e) => [open('UN', g, e), item(undefinedLength, little), text(g, little), itemEnd(little), sequenceEnd(little)],
  ],
  'zeros in place of both delimiters': [
    all,
    (g, e) => [open('SQ', g, e), item(undefinedLength, e), text(g, e), zeros(16)],
  ],
  'zeros in place of the delimiter of a sequence': [
    all,
    (g, e) => [open('SQ', g, e), item(text(g, e).length, e), text(g, e), zeros(8)],
  ],
  'an item without delimiter': [
    all,
    (g, e) => [open('SQ', g, e), item(undefinedLength, e), text(g, e), sequenceEnd(e)],
  ],
  'an item and a sequence counted too short': [
    all,
    (g, e) => {
      const inner = text(g, e)
      return [open('SQ', g, e, inner.length + 2), item(inner.length - 6, e), inner]
    },
  ],
  'a sequence counted too short': [
    all,
    (g, e) => {
      const inner = text(g, e)
      return [open('SQ', g, e, inner.length + 2), item(inner.length, e), inner]
    },
  ],
  'an item counted too short in an open sequence': [
    all,
    (g, e) => [open('SQ', g, e), item(text(g, e).length - 6, e), text(g, e), sequenceEnd(e)],
  ],
  'items counted too short, nested thirtyfold': [
    all,
    (g, e) => {
      let inner = text(g, e)
      for (let depth = 0; depth < 30; depth++) {
        inner = Buffer.concat([open('SQ', g, e), item(inner.length - 6, e), inner, sequenceEnd(e)])
      }
      return [inner]
    },
  ],
  'a delimiter of an item that was never opened': [all, (_, e) => [itemEnd(e)]],
  'a delimiter of a sequence that was never opened': [all, (_, e) => [sequenceEnd(e)]],
  'a VR of question marks': [explicitOnly, (g, e) => [odd('??', g, 4, e, 'LO')]],
  'an empty value of a VR of question marks': [explicitOnly, (g, e) => [odd('??', g, 0, e, 'LO')]],
  'a VR of question marks with a long length': [explicitOnly, (g, e) => [odd('??', g, 4, e, 'UN')]],
  'a VR of blanks': [explicitOnly, (g, e) => [odd('  ', g, 4, e, 'LO')]],
  'a VR of zeros': [explicitOnly, (g, e) => [odd('\0\0', g, 4, e, 'LO')]],
  'a VR in small letters': [explicitOnly, (g, e) => [odd('lo', g, 4, e, 'LO')]],
  'a VR that nobody knows': [explicitOnly, (g, e) => [odd('ZZ', g, 4, e, 'LO')]],
  'a long VR with a short length': [explicitOnly, (g, e) => [odd('OB', g, 4, e, 'LO')]],
  'a long VR with something in its reserved bytes': [
    explicitOnly,
    (g, e) => {
      const element = odd('OB', g, 4, e, 'UN')
      element.write('  ', 6, 'latin1')
      return [element]
    },
  ],
  'an implicit element among explicit ones': [
    explicitOnly,
    (g, e) => [encodeElement([g, 0x1001, '', 'abcd'], { explicit: false, big: e.big })],
  ],
  'an explicit element among implicit ones': [['implicit'], (g) => [encodeElement([g, 0x1001, 'LO', 'abcd'], little)]],
  'a long explicit element among implicit ones': [
    ['implicit'],
    (g) => [encodeElement([g, 0x1001, 'OB', new Uint8Array(4)], little)],
  ],
}

/** Before the age, and right before the pixel data. */
const places = { early: [0x0009, [0x0010, 0x1010]], late: [0x7001, [0x7fe0, 0x0010]] } as const

const tableOf = (encodingsOf: typeof legal) =>
  Object.entries(encodingsOf).flatMap(([name, [syntaxesOf, build]]) =>
    syntaxesOf.flatMap((syntax) => (['early', 'late'] as const).map((place) => ({ name, syntax, place, build }))),
  )

function withBytes(syntax: Syntax, place: keyof typeof places, build: Build): Uint8Array {
  const encoding = encodings[syntax]
  const [group, tag] = places[place]
  const file = Buffer.from(buildDicom({ transferSyntax: syntaxes[syntax] }))
  const header = encodeHeader(tag[0], tag[1], 'UN', 0, encoding).subarray(0, 4)
  const at = file.indexOf(header, 132)
  return Buffer.concat([file.subarray(0, at), ...build(group, encoding), file.subarray(at)])
}

describe('a data set with', () => {
  it.each(tableOf(legal))('$name is read without a warning ($syntax, $place)', async ({ syntax, place, build }) => {
    const { values, warnings } = await decodeRadiograph(withBytes(syntax, place, build), noCodecs)
    expect(values).toEqual(rampValues)
    expect(warnings).toEqual([])
  })

  it.each(tableOf(broken))('$name is read with a warning ($syntax, $place)', async ({ syntax, place, build }) => {
    const { values, warnings } = await decodeRadiograph(withBytes(syntax, place, build), noCodecs)
    expect(values).toEqual(rampValues)
    expect(warnings).toEqual(['encoding-repaired'])
  })

  it.each([
    [
      'a sequence that is never closed',
      (g: number, e: Encoding) => [open('SQ', g, e), item(undefinedLength, e), text(g, e)],
    ],
    ['a sequence counted too long', (g: number, e: Encoding) => [open('SQ', g, e, 40), item(12, e), text(g, e)]],
    ['a length beyond the end', (g: number, e: Encoding) => [open('UT', g, e, 0x7fffffff), text(g, e)]],
  ] satisfies [string, Build][])('%s is malformed, not truncated: the file is whole', async (_, build) => {
    const file = withBytes('explicit', 'late', build)
    await expect(decodeRadiograph(file, noCodecs)).rejects.toMatchObject({ code: 'malformed-dicom' })
  })

  it('attributes behind the pixel data is read', async () => {
    const encoding = encodings.explicit
    const file = Buffer.from(buildDicom())
    const at = file.indexOf(encodeHeader(0x0028, 0x0002, 'US', 2, encoding), 132)
    const end = file.indexOf(encodeHeader(0x7fe0, 0x0010, 'OW', 0, encoding).subarray(0, 4), 132)
    const moved = Buffer.concat([file.subarray(0, at), file.subarray(end), file.subarray(at, end)])
    expect((await decodeRadiograph(moved, noCodecs)).values).toEqual(rampValues)
  })

  it('an item outside of a sequence is malformed', async () => {
    const file = withBytes('explicit', 'early', (_, e) => [item(4, e)])
    await expect(decodeRadiograph(file, noCodecs)).rejects.toMatchObject({ code: 'malformed-dicom' })
  })
})

describe('a sequence that is read', () => {
  const view = (items: Buffer, vr: 'SQ' | 'UN', length = items.length): Uint8Array => {
    const file = Buffer.from(buildDicom({ elements: [[0x0018, 0x5101, 'CS', null]] }))
    const at = file.indexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00]))
    const sequence = Buffer.concat([encodeHeader(0x0054, 0x0220, vr, length, little), items])
    return Buffer.concat([file.subarray(0, at), sequence, file.subarray(at)])
  }
  const lateral = (encoding: Encoding): Buffer => encodeElement([0x0008, 0x0100, 'SH', 'R-10236'], encoding)
  const whole = (code: Buffer): Buffer => Buffer.concat([item(code.length, little), code])

  it.each([
    ['as SQ', view(whole(lateral(little)), 'SQ')],
    ['as UN, its item implicit', view(whole(lateral(implicitLittle)), 'UN')],
    ['as UN, its item explicit', view(whole(lateral(little)), 'UN')],
    [
      'as UN of undefined length, its item explicit',
      view(
        Buffer.concat([item(undefinedLength, little), lateral(little), itemEnd(little), sequenceEnd(little)]),
        'UN',
        undefinedLength,
      ),
    ],
  ])('is understood %s', async (_, file) => {
    await expect(decodeRadiograph(file, noCodecs)).rejects.toMatchObject({ code: 'lateral-view' })
  })
})

describe('a file', () => {
  const preamble = Buffer.concat([zeros(128), Buffer.from('DICM')])
  const bodyOf = (syntax: Syntax): Buffer => Buffer.from(buildDicom({ bare: true, transferSyntax: syntaxes[syntax] }))
  const transferSyntax = (uid: string, encoding = little): Buffer => encodeElement([2, 0x10, 'UI', uid], encoding)
  const command = Buffer.concat([
    encodeElement([0, 0, '', words([12, 0])], implicitLittle),
    encodeElement([0, 0x0100, '', words([1, 0])], implicitLittle),
  ])

  const headers: Record<string, [(syntax: Syntax) => Buffer[], string[]]> = {
    'with a preamble and no file meta group': [() => [preamble], ['transfer-syntax-assumed']],
    'without anything before the data set': [() => [], ['transfer-syntax-assumed']],
    'whose file meta group names no transfer syntax': [
      () => [preamble, encodeElement([2, 0x12, 'UI', '1.2.3'], little)],
      ['transfer-syntax-assumed'],
    ],
    'with an empty transfer syntax': [() => [preamble, transferSyntax('')], ['transfer-syntax-assumed']],
    'with blanks about its transfer syntax': [(s) => [preamble, transferSyntax(` ${syntaxes[s]} `)], []],
    'with an implicit file meta group': [
      (s) => [preamble, transferSyntax(syntaxes[s], implicitLittle)],
      ['vr-encoding-mismatch'],
    ],
    'with a wrong length of its file meta group': [
      (s) => [preamble, encodeElement([2, 0, 'UL', words([4, 0])], little), transferSyntax(syntaxes[s])],
      [],
    ],
    'that starts with a command group': [() => [command], ['transfer-syntax-assumed']],
    'with a command group behind its preamble': [() => [preamble, command], ['transfer-syntax-assumed']],
  }
  const table = Object.entries(headers).flatMap(([name, [header, expected]]) =>
    all.map((syntax) => ({ name, syntax, header, expected })),
  )

  it.each(table)('$name is read ($syntax)', async ({ syntax, header, expected }) => {
    const file = Buffer.concat([...header(syntax), bodyOf(syntax)])
    const { values, warnings } = await decodeRadiograph(file, noCodecs)
    expect(values).toEqual(rampValues)
    expect(warnings).toEqual(expected)
  })

  it('of nothing but zeros is no image', async () => {
    await expect(decodeRadiograph(zeros(5000), noCodecs)).rejects.toMatchObject({ code: 'not-an-image' })
  })
})

describe('encapsulated pixel data', () => {
  const rle = encodeRle(words([...rampValues]), 2, side)
  const build = (options: DicomOptions): Buffer => Buffer.from(buildDicom({ transferSyntax: syntaxes.rle, ...options }))
  const open = build({ fragments: [rle], delimiter: false })
  const emptyTable = item(0, little)
  const at = open.indexOf(emptyTable, open.indexOf(encodeHeader(0x7fe0, 0x0010, 'OB', undefinedLength, little)))
  const closed = build({ fragments: [rle] })
  const withoutOffsetTable = Buffer.concat([closed.subarray(0, at), closed.subarray(at + 8)])
  const inDefinedLength = Buffer.from(open)
  inDefinedLength.writeUInt32LE(open.length - at, at - 4)
  const trailing: Element = [0xfffc, 0xfffc, 'OB', new Uint8Array(10)]

  it.each([
    [
      'under a native syntax',
      build({ transferSyntax: syntaxes.explicit, fragments: [rle] }),
      'codestream-not-as-declared',
    ],
    [
      'under another syntax',
      build({ transferSyntax: syntaxes.jpegLossless, fragments: [rle] }),
      'codestream-not-as-declared',
    ],
    ['without delimiter', open, 'encoding-repaired'],
    ['with 2 zeros in place of its delimiter', Buffer.concat([open, zeros(2)]), 'encoding-repaired'],
    ['with 16 zeros in place of its delimiter', Buffer.concat([open, zeros(16)]), 'encoding-repaired'],
    ['without its offset table', withoutOffsetTable, 'encoding-repaired'],
    ['in an element of defined length', inDefinedLength, 'encoding-repaired'],
    ['with the delimiter of an item', Buffer.concat([open, itemEnd(little)]), 'encoding-repaired'],
    ['without delimiter before padding', Buffer.concat([open, encodeElement(trailing, little)]), 'encoding-repaired'],
  ])('is read %s, with a warning', async (_, file, warning) => {
    const { values, warnings } = await decodeRadiograph(file, noCodecs)
    expect(values).toEqual(rampValues)
    expect(warnings).toEqual([warning])
  })

  it('is malformed where a fragment has no length', async () => {
    const file = Buffer.concat([open, item(undefinedLength, little)])
    await expect(decodeRadiograph(file, noCodecs)).rejects.toMatchObject({ code: 'malformed-dicom' })
  })
})

describe('dicom-parser, beside our own reader,', () => {
  const isFound = (file: Uint8Array): boolean => {
    try {
      const { x7fe00010: pixels } = dicomParser.parseDicom(file).elements
      return pixels?.length === 2 * rampValues.length && pixels.dataOffset + pixels.length <= file.length
    } catch {
      return false
    }
  }
  const count = (table: ReturnType<typeof tableOf>) => ({
    files: table.length,
    found: table.filter(({ syntax, place, build }) => isFound(withBytes(syntax, place, build))).length,
  })

  it('finds the pixel data of fewer of these files: the figures of docs/decisions/0007', () => {
    expect({ legal: count(tableOf(legal)), broken: count(tableOf(broken)) }).toEqual({
      legal: { files: 36, found: 30 },
      broken: { files: 102, found: 50 },
    })
  })
})
