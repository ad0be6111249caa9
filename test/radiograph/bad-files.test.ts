import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { RejectionCode } from '../../lib/screening/kernel/errors.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { jpeg2000Header, jpegHeader } from './build-codestream.ts'
import {
  buildDicom,
  type DicomOptions,
  type Element,
  encodeElement,
  encodeHeader,
  side,
  syntaxes,
  words,
} from './build-dicom.ts'
import { noCodecs } from './no-codecs.ts'

const explicit = { explicit: true, big: false }
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'latin1'))
const uid = (transferSyntax: string): DicomOptions => ({ transferSyntax, fragments: [new Uint8Array(64)] })
const frame = (transferSyntax: string, ...fragments: Uint8Array[]): Uint8Array =>
  buildDicom({ transferSyntax, fragments })
/** Rises along rows and columns. Shape: rows × columns. */
const slope = (rows: number, columns: number): Uint8Array =>
  words(
    Array.from({ length: rows * columns }, (_, pixel) => 5 * (pixel % columns) + 7 * Math.floor(pixel / columns) + 100),
  )

const withElements = (...elements: (readonly [number, number, string, Element[3] | null])[]): Uint8Array =>
  buildDicom({ elements })
/** The file with something written over it. */
const patched = (file: Uint8Array, find: Uint8Array, replacement: Uint8Array): Uint8Array => {
  const copy = file.slice()
  const at = Buffer.from(copy.buffer).indexOf(find)
  if (at < 0) throw new Error('nothing to patch')
  copy.set(replacement, at)
  return copy
}
/** A Part 10 file of any bytes. */
const part10 = (transferSyntax: string, ...body: Uint8Array[]): Uint8Array => {
  const empty = buildDicom({ transferSyntax: syntaxes.explicit, pixels: null })
  const meta = encodeElement([0x0002, 0x0010, 'UI', transferSyntax], explicit)
  return new Uint8Array(Buffer.concat([empty.subarray(0, 132), meta, ...body]))
}
const nested = (depth: number): Buffer => {
  const undefinedLength = 0xffffffff
  const open = [
    encodeHeader(0x0009, 0x1001, 'SQ', undefinedLength, explicit),
    encodeHeader(0xfffe, 0xe000, '', undefinedLength, { explicit: false, big: false }),
  ]
  return Buffer.concat(Array.from({ length: depth }, () => open).flat())
}
const rle = (segments: number, offsets: number[], body: Uint8Array): Uint8Array => {
  const header = Buffer.alloc(64)
  header.writeUInt32LE(segments, 0)
  for (const [index, offset] of offsets.entries()) header.writeUInt32LE(offset, 4 + 4 * index)
  return new Uint8Array(Buffer.concat([header, body]))
}
const end = Uint8Array.of(0xff, 0xd9)
const whole = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat([...parts, new Uint8Array(64), end]))
const size = { rows: side, columns: side }

const badFiles: Record<string, Record<string, [file: () => Uint8Array, code: RejectionCode]>> = {
  'files that are no picture': {
    'an empty file': [() => new Uint8Array(0), 'not-an-image'],
    'a single byte': [() => Uint8Array.of(1), 'not-an-image'],
    'a PDF': [() => text('%PDF-1.4 and so on'), 'not-an-image'],
    'a web page': [() => text('<html><body>404</body></html>'.padEnd(300)), 'not-an-image'],
    'a file above the size limit': [() => buildDicom({ pixels: new Uint8Array(2_000_000) }), 'too-large'],
  },
  'file meta': {
    'random bytes after DICM': [
      () => new Uint8Array(Buffer.concat([Buffer.alloc(128), text('DICM'), Buffer.alloc(500, 0x5a)])),
      'malformed-dicom',
    ],
    'nothing after DICM': [() => new Uint8Array(Buffer.concat([Buffer.alloc(128), text('DICM')])), 'truncated'],
    'a meta group cut short': [() => buildDicom().subarray(0, 150), 'truncated'],
    'a meta group and nothing else': [
      () =>
        new Uint8Array(
          Buffer.concat([
            Buffer.alloc(128),
            text('DICM'),
            encodeElement([2, 0x10, 'UI', syntaxes.explicit], { explicit: false, big: false }),
          ]),
        ),
      'truncated',
    ],
    'no data set': [() => part10(syntaxes.explicit), 'truncated'],
  },
  'transfer syntaxes': Object.fromEntries(
    [
      '1.2.840.10008.1.2.4.53', // spectral selection
      '1.2.840.10008.1.2.4.55', // full progression
      '1.2.840.10008.1.2.4.94', // JPIP
      '1.2.840.10008.1.2.4.100', // MPEG-2
      '1.2.840.10008.1.2.4.110', // JPEG XL
      '1.2.840.10008.1.2.1.98', // encapsulated uncompressed
      '1.2.3.4.5',
      'toString',
    ].map((syntax) => [`syntax ${syntax}`, [() => buildDicom(uid(syntax)), 'unsupported-transfer-syntax']]),
  ),
  'the data set': {
    'an element beyond the end': [
      () => part10(syntaxes.explicit, encodeHeader(0x0008, 0x0060, 'CS', 60, explicit)),
      'truncated',
    ],
    'a sequence beyond the end': [
      () =>
        withElements([0x0009, 0x1001, 'SQ', []], [0x0009, 0x1002, 'UT', 'x'], [0x0008, 0x0060, 'CS', 'CR']).subarray(
          0,
          260,
        ),
      'truncated',
    ],
    'a text of undefined length': [
      () => part10(syntaxes.explicit, encodeHeader(0x0009, 0x1001, 'UT', 0xffffffff, explicit), text('some text')),
      'malformed-dicom',
    ],
    'a file cut at the start of a sequence': [
      () => part10(syntaxes.explicit, encodeHeader(0x0009, 0x1001, 'SQ', 0xffffffff, explicit), new Uint8Array(4)),
      'truncated',
    ],
    'a sequence that is not made of items': [
      () =>
        part10(
          syntaxes.explicit,
          encodeHeader(0x0009, 0x1001, 'SQ', 0xffffffff, explicit),
          encodeElement([0x0010, 0x0010, 'PN', 'no item'], explicit),
        ),
      'malformed-dicom',
    ],
    'an element longer than its item': [
      () => {
        const item = encodeHeader(0xfffe, 0xe000, '', 8, { explicit: false, big: false })
        const element = encodeHeader(0x0028, 0x3002, 'US', 600, explicit)
        return withElements([0x0028, 0x3010, 'SQ', new Uint8Array(Buffer.concat([item, element]))])
      },
      'malformed-dicom',
    ],
    'sequences nested 20,000 deep, never closed': [() => part10(syntaxes.explicit, nested(20_000)), 'truncated'],
    'sequences nested 200,001 deep': [() => part10(syntaxes.explicit, nested(200_001)), 'too-complex'],
    'more than 200,000 elements': [
      () => part10(syntaxes.explicit, Buffer.alloc(8 * 200_001, encodeHeader(0x0009, 0x1001, 'LO', 0, explicit))),
      'too-complex',
    ],
    'little endian declared as big': [
      () =>
        patched(
          buildDicom({ transferSyntax: '1.2.840.10008.1.2.1' }),
          text('1.2.840.10008.1.2.1\0'),
          text('1.2.840.10008.1.2.2\0'),
        ),
      'malformed-dicom',
    ],
    'deflated bytes that are none': [() => part10(syntaxes.deflated, Buffer.alloc(400, 0x77)), 'malformed-dicom'],
    'deflated bytes cut short': [() => buildDicom({ transferSyntax: syntaxes.deflated }).subarray(0, 600), 'truncated'],
    'deflated bytes that inflate to 300 MB': [
      () => part10(syntaxes.deflated, deflateRawSync(Buffer.alloc(300_000_000), { level: 1 })),
      'too-large',
    ],
  },
  suitability: {
    'a CT': [() => withElements([0x0008, 0x0060, 'CS', 'CT']), 'wrong-modality'],
    'a mammogram': [() => withElements([0x0008, 0x0060, 'CS', 'MG']), 'wrong-modality'],
    'a CT image of modality CR': [
      () => withElements([0x0008, 0x0016, 'UI', '1.2.840.10008.5.1.4.1.1.2']),
      'wrong-modality',
    ],
    'an intra-oral image': [
      () => withElements([0x0008, 0x0016, 'UI', '1.2.840.10008.5.1.4.1.1.1.3']),
      'wrong-modality',
    ],
    'no modality and no SOP class': [
      () => withElements([0x0008, 0x0060, 'CS', null], [0x0008, 0x0016, 'UI', null]),
      'wrong-modality',
    ],
    'a hand': [() => withElements([0x0018, 0x0015, 'CS', 'HAND']), 'wrong-body-part'],
    'a thoracic spine': [() => withElements([0x0018, 0x0015, 'CS', 'TSPINE']), 'wrong-body-part'],
    'a portable abdomen': [() => withElements([0x0018, 0x0015, 'CS', 'PORT ABDOMEN']), 'wrong-body-part'],
    'a left lateral': [() => withElements([0x0018, 0x5101, 'CS', 'LL']), 'lateral-view'],
    'an oblique': [() => withElements([0x0018, 0x5101, 'CS', 'RLO']), 'lateral-view'],
    'a lateral by its view code': [
      () => withElements([0x0054, 0x0220, 'SQ', [[[0x0008, 0x0100, 'SH', 'R-10236']]]]),
      'lateral-view',
    ],
    'a lateral by its orientation': [() => withElements([0x0020, 0x0020, 'CS', 'A\\F']), 'lateral-view'],
    'a child of 11 years': [() => withElements([0x0010, 0x1010, 'AS', '011Y']), 'paediatric'],
    'an infant of 18 months': [() => withElements([0x0010, 0x1010, 'AS', '018M']), 'paediatric'],
    '127 rows': [() => withElements([0x0028, 0x0010, 'US', 127]), 'too-small'],
    'four times as wide as high': [
      () => buildDicom({ elements: [[0x0028, 0x0011, 'US', 4 * side]], pixels: new Uint8Array(8 * side * side) }),
      'not-a-frontal-chest',
    ],
    '65,535 × 65,535 pixels': [
      () => withElements([0x0028, 0x0010, 'US', 65535], [0x0028, 0x0011, 'US', 65535]),
      'too-large',
    ],
  },
  'pixel attributes': {
    'no Rows': [() => withElements([0x0028, 0x0010, 'US', null]), 'inconsistent-pixel-data'],
    'no BitsStored': [() => withElements([0x0028, 0x0101, 'US', null]), 'inconsistent-pixel-data'],
    'no PixelRepresentation': [() => withElements([0x0028, 0x0103, 'US', null]), 'inconsistent-pixel-data'],
    'Rows and Columns exchanged': [
      () =>
        buildDicom({
          elements: [
            [0x0028, 0x0010, 'US', 200],
            [0x0028, 0x0011, 'US', 300],
          ],
          pixels: slope(300, 200),
        }),
      'inconsistent-pixel-data',
    ],
    'words of 16 bits under a header of 8': [
      () =>
        buildDicom({
          elements: [
            [0x0028, 0x0100, 'US', 8],
            [0x0028, 0x0101, 'US', 8],
            [0x0028, 0x0102, 'US', 7],
          ],
          pixels: slope(side, side),
        }),
      'inconsistent-pixel-data',
    ],
    'pixels that are noise': [
      () =>
        buildDicom({
          pixels: words(Array.from({ length: side * side }, (_, pixel) => (pixel * pixel * 7919) & 0xfff)),
        }),
      'corrupt-pixel-data',
    ],
    '0 columns': [() => withElements([0x0028, 0x0011, 'US', 0]), 'inconsistent-pixel-data'],
    '0 samples': [() => withElements([0x0028, 0x0002, 'US', 0]), 'inconsistent-pixel-data'],
    RGB: [() => withElements([0x0028, 0x0002, 'US', 3], [0x0028, 0x0004, 'CS', 'RGB']), 'unsupported-photometric'],
    'a palette': [() => withElements([0x0028, 0x0004, 'CS', 'PALETTE COLOR']), 'unsupported-photometric'],
    ...Object.fromEntries(
      [1, 12, 24, 32, 64].map((bits) => [
        `${bits} bits allocated`,
        [() => withElements([0x0028, 0x0100, 'US', bits]), 'unsupported-bits'],
      ]),
    ),
    '0 bits stored': [() => withElements([0x0028, 0x0101, 'US', 0]), 'inconsistent-pixel-data'],
    '17 bits stored': [() => withElements([0x0028, 0x0101, 'US', 17]), 'inconsistent-pixel-data'],
    'a high bit of 40': [() => withElements([0x0028, 0x0102, 'US', 40]), 'inconsistent-pixel-data'],
    'a high bit below the bits stored': [() => withElements([0x0028, 0x0102, 'US', 7]), 'inconsistent-pixel-data'],
    'a pixel representation of 7': [() => withElements([0x0028, 0x0103, 'US', 7]), 'inconsistent-pixel-data'],
    '3 frames': [() => withElements([0x0028, 0x0008, 'IS', '3']), 'multi-frame'],
    'a number of frames that is none': [() => withElements([0x0028, 0x0008, 'IS', 'many']), 'inconsistent-pixel-data'],
  },
  'native pixel data': {
    'no Pixel Data': [() => buildDicom({ pixels: null }), 'missing-pixel-data'],
    'empty Pixel Data': [() => buildDicom({ pixels: new Uint8Array(0) }), 'missing-pixel-data'],
    'Float Pixel Data': [
      () => buildDicom({ pixels: null, elements: [[0x7fe0, 0x0008, 'OF', new Uint8Array(64)]] }),
      'unsupported-bits',
    ],
    'fewer pixels than rows × columns': [
      () => buildDicom({ pixels: new Uint8Array(2 * side * side - 2) }),
      'inconsistent-pixel-data',
    ],
    'a file cut in its pixels': [() => buildDicom().subarray(0, 20_000), 'truncated'],
    'fragments in a native syntax': [() => buildDicom({ fragments: [new Uint8Array(64)] }), 'malformed-dicom'],
  },
  'encapsulated pixel data': {
    'native pixels in an encapsulated syntax': [
      () => buildDicom({ transferSyntax: syntaxes.jpegBaseline }),
      'malformed-dicom',
    ],
    'no fragment': [() => frame(syntaxes.jpegBaseline), 'missing-pixel-data'],
    'an empty fragment': [() => frame(syntaxes.jpegLs, new Uint8Array(0)), 'corrupt-pixel-data'],
    'a fragment beyond the end': [
      () => frame(syntaxes.jpegLs, whole(jpegHeader(0xf7, size))).subarray(0, -30),
      'truncated',
    ],
    'something else than items': [
      () =>
        patched(
          frame(syntaxes.jpegLs, new Uint8Array(64)),
          Uint8Array.of(0xfe, 0xff, 0x00, 0xe0),
          Uint8Array.of(1, 2, 3, 4),
        ),
      'malformed-dicom',
    ],
    'two whole pictures': [
      () => frame(syntaxes.jpegBaseline, whole(jpegHeader(0xc0, size)), whole(jpegHeader(0xc0, size))),
      'multi-frame',
    ],
  },
  codestreams: {
    'nothing but zeros': [() => frame(syntaxes.jpegBaseline, new Uint8Array(500)), 'corrupt-pixel-data'],
    'a JPEG without frame header': [
      () => frame(syntaxes.jpegBaseline, whole(Uint8Array.of(0xff, 0xd8, 0xff, 0xda))),
      'corrupt-pixel-data',
    ],
    'a JPEG that ends in its header': [
      () => frame(syntaxes.jpegBaseline, Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0x40, ...new Array(30).fill(0)])),
      'corrupt-pixel-data',
    ],
    'a progressive JPEG': [
      () => frame(syntaxes.jpegBaseline, whole(jpegHeader(0xc2, size))),
      'unsupported-transfer-syntax',
    ],
    'other rows than the data set': [
      () => frame(syntaxes.jpegLossless, whole(jpegHeader(0xc3, { ...size, rows: 64 }))),
      'inconsistent-pixel-data',
    ],
    'three components': [
      () => frame(syntaxes.jpegBaseline, whole(jpegHeader(0xc0, { ...size, components: 3 }))),
      'inconsistent-pixel-data',
    ],
    'a lossy JPEG of 10 bits': [
      () => frame(syntaxes.jpegExtended, whole(jpegHeader(0xc1, { ...size, precision: 10 }))),
      'corrupt-pixel-data',
    ],
    '16 bits where 8 are allocated': [
      () =>
        buildDicom({
          transferSyntax: syntaxes.jpegLossless,
          elements: [
            [0x0028, 0x0100, 'US', 8],
            [0x0028, 0x0101, 'US', 8],
            [0x0028, 0x0102, 'US', 7],
          ],
          fragments: [whole(jpegHeader(0xc3, { ...size, precision: 16 }))],
        }),
      'inconsistent-pixel-data',
    ],
    'a JPEG without end': [
      () => frame(syntaxes.jpegLossless, new Uint8Array([...jpegHeader(0xc3, size), ...new Array(64).fill(1)])),
      'corrupt-pixel-data',
    ],
    'a JPEG 2000 of 2 GB': [
      () => frame(syntaxes.jpeg2000, whole(jpeg2000Header({ rows: 0x7fffffff, columns: 0x7fffffff }))),
      'inconsistent-pixel-data',
    ],
    'a JPEG 2000 of 90,000 tiles': [
      () =>
        buildDicom({
          transferSyntax: syntaxes.jpeg2000,
          elements: [
            [0x0028, 0x0010, 'US', 300],
            [0x0028, 0x0011, 'US', 300],
          ],
          fragments: [whole(jpeg2000Header({ rows: 300, columns: 300, tile: 1 }))],
        }),
      'corrupt-pixel-data',
    ],
    'a JPEG 2000 of tiles without size': [
      () => frame(syntaxes.jpeg2000, whole(jpeg2000Header({ ...size, tile: 0 }))),
      'corrupt-pixel-data',
    ],
    'a subsampled JPEG 2000': [
      () => frame(syntaxes.jpeg2000, whole(jpeg2000Header({ ...size, subsampling: 2 }))),
      'corrupt-pixel-data',
    ],
    'a JP2 file without codestream': [
      () =>
        frame(
          syntaxes.jpeg2000,
          Uint8Array.from([0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20, 13, 10, 0x87, 10, 0, 0, 0, 8, 1, 2, 3, 4]),
        ),
      'corrupt-pixel-data',
    ],
  },
  RLE: {
    'no header': [() => frame(syntaxes.rle, new Uint8Array(10)), 'corrupt-pixel-data'],
    'three segments for 16 bits': [
      () => frame(syntaxes.rle, rle(3, [64, 66, 68], new Uint8Array(6))),
      'inconsistent-pixel-data',
    ],
    'offsets beyond the frame': [
      () => frame(syntaxes.rle, rle(2, [64, 5000], new Uint8Array(6))),
      'corrupt-pixel-data',
    ],
    'offsets in reverse': [() => frame(syntaxes.rle, rle(2, [68, 64], new Uint8Array(16))), 'corrupt-pixel-data'],
    'segments that end early': [
      () => frame(syntaxes.rle, rle(2, [64, 66], Uint8Array.of(0x81, 7, 0x81, 7))),
      'corrupt-pixel-data',
    ],
  },
}

describe.each(Object.entries(badFiles))('%s', (_, files) => {
  it.each(Object.entries(files))('rejects %s', async (name, [file, code]) => {
    const policy =
      name === 'a file above the size limit'
        ? { ...defaultSuitabilityPolicy, maximumFileBytes: 1_000_000 }
        : defaultSuitabilityPolicy
    await expect(decodeRadiograph(file(), noCodecs, policy)).rejects.toMatchObject({ name: 'StudyRejectedError', code })
  })
})
