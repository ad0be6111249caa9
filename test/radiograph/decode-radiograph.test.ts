import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRle } from '../../lib/phantom/encode-rle.ts'
import { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import type { Radiograph } from '../../lib/screening/radiograph/radiograph.ts'
import { parseAge } from '../../lib/screening/radiograph/read-acquisition-facts.ts'
import {
  buildDicom,
  type DicomOptions,
  encodeElement,
  encodeHeader,
  rampValues,
  side,
  syntaxes,
  words,
} from './build-dicom.ts'
import { noCodecs } from './no-codecs.ts'

const decode = (options: DicomOptions = {}): Promise<Radiograph> => decodeRadiograph(buildDicom(options), noCodecs)
type Elements = NonNullable<DicomOptions['elements']>
const decodeWith = (...elements: Elements): Promise<Radiograph> => decode({ elements })
const bytesOf = (values: ArrayLike<number>): Uint8Array =>
  Uint8Array.from({ length: values.length }, (_, i) => values[i])
const implicitLittle = { explicit: false, big: false }

const eightBits: Elements = [
  [0x0028, 0x0100, 'US', 8],
  [0x0028, 0x0101, 'US', 8],
  [0x0028, 0x0102, 'US', 7],
]

describe('the stored values', () => {
  const odd = Uint8Array.from({ length: 131 * 131 }, (_, pixel) => ((pixel % 131) + Math.floor(pixel / 131)) & 0xff)
  const swapped = Buffer.concat([odd, Buffer.alloc(1)]).swap16()
  it.each([
    ['with its padding', swapped],
    ['without padding', Buffer.concat([swapped.subarray(0, -2), odd.subarray(-1)])],
  ])('of an odd number are read from big-endian words %s', async (_, pixels) => {
    const size: Elements = [
      [0x0028, 0x0010, 'US', 131],
      [0x0028, 0x0011, 'US', 131],
    ]
    const elements = [...eightBits, ...size]
    const head = buildDicom({ transferSyntax: syntaxes.bigEndian, elements, pixels: null })
    const header = encodeHeader(0x7fe0, 0x0010, 'OW', pixels.length, { explicit: true, big: true })
    const { values } = await decodeRadiograph(new Uint8Array(Buffer.concat([head, header, pixels])), noCodecs)
    expect(values).toEqual(odd)
  })

  it('are warned of once, whatever else is wrong with them', async () => {
    const turned = Buffer.from(words([...rampValues].map((value) => (value << 4) | 5))).swap16()
    const elements: Elements = [[0x0028, 0x0102, 'US', 15]]
    const { warnings } = await decode({ elements, pixels: new Uint8Array(turned) })
    expect(warnings).toEqual(['bits-not-as-declared'])
  })

  it.each([
    ['implicit little endian', { transferSyntax: syntaxes.implicit }],
    ['explicit little endian', { transferSyntax: syntaxes.explicit }],
    ['deflated', { transferSyntax: syntaxes.deflated }],
    ['explicit big endian', { transferSyntax: syntaxes.bigEndian }],
    ['RLE', { transferSyntax: syntaxes.rle, fragments: [encodeRle(words([...rampValues]), 2, side)] }],
    ['a file without preamble', { preamble: false }],
    ['a bare data set', { bare: true }],
    ['a bare implicit data set', { bare: true, transferSyntax: syntaxes.implicit }],
    [
      'RLE without sequence delimiter',
      { transferSyntax: syntaxes.rle, fragments: [encodeRle(words([...rampValues]), 2, side)], delimiter: false },
    ],
    [
      'RLE with a wrong offset table',
      {
        transferSyntax: syntaxes.rle,
        fragments: [encodeRle(words([...rampValues]), 2, side)],
        offsetTable: Uint8Array.of(9, 9, 9, 9),
      },
    ],
  ] satisfies [string, DicomOptions][])('are read from %s', async (_, options) => {
    const { values, rows, columns } = await decode(options)
    expect({ rows, columns }).toEqual({ rows: side, columns: side })
    expect(values).toEqual(rampValues)
  })

  it.each([syntaxes.explicit, syntaxes.bigEndian])('are read from 8 bits in %s', async (transferSyntax) => {
    const pixels = bytesOf(rampValues.map((value) => value >> 4))
    const { values } = await decode({ transferSyntax, elements: eightBits, pixels })
    expect(values).toEqual(pixels)
  })

  it('leave out what lies above BitsStored', async () => {
    const dirty = words([...rampValues].map((value, pixel) => value | ((pixel % 16) << 12)))
    expect((await decode({ pixels: dirty })).values).toEqual(rampValues)
  })

  it('keep bits above BitsStored that they carry into, with a warning', async () => {
    const elements: Elements = [
      [0x0028, 0x0101, 'US', 10],
      [0x0028, 0x0102, 'US', 9],
    ]
    const smooth = Uint16Array.from(rampValues, (_, pixel) => 40 + 30 * (pixel % side) - (pixel >> 10))
    const { values, facts, warnings } = await decode({ elements, pixels: words([...smooth]) })
    expect(values).toEqual(smooth)
    expect(facts.bitsStored).toBe(12)
    expect(warnings).toContain('bits-not-as-declared')
  })

  const slope = Uint16Array.from(rampValues, (_, pixel) => 20 * (pixel % side) + 8 * Math.floor(pixel / side) + 200)
  const signedSlope = Int16Array.from(slope, (value) => value - 2048)

  it.each([
    ['unsigned under a signed header', slope, 1, slope],
    ['signed under an unsigned header', signedSlope, 0, signedSlope],
    [
      'signed under an unsigned header, their sign not extended',
      signedSlope.map((value) => value & 0xfff),
      0,
      signedSlope,
    ],
    ['in the other byte order', slope.map((value) => ((value & 0xff) << 8) | (value >> 8)), 0, slope],
  ])('are read as they join up, with a warning: %s', async (_, stored, representation, expected) => {
    const { values, warnings } = await decode({
      elements: [[0x0028, 0x0103, 'US', representation]],
      pixels: words([...stored]),
    })
    expect(values).toEqual(expected)
    expect(warnings).toEqual(['bits-not-as-declared'])
  })

  it.each([
    [
      'a white border beside dark values',
      Uint16Array.from(slope, (value, pixel) => (pixel % side < 60 ? 4095 : value >> 4)),
      0,
    ],
    [
      'a black background beside bright values',
      Uint16Array.from(slope, (value, pixel) => (pixel % side < 60 ? 0 : 4000 - (value >> 4))),
      0,
    ],
    ['signed values about 0', signedSlope, 1],
  ])('keep the sign that is declared: %s', async (_, stored, representation) => {
    const { values, warnings } = await decode({
      elements: [[0x0028, 0x0103, 'US', representation]],
      pixels: words([...stored]),
    })
    expect(values).toEqual(stored)
    expect(warnings).toEqual([])
  })

  it('are warned of where HighBit is too high and bits are lost below', async () => {
    const { warnings } = await decode({ elements: [[0x0028, 0x0101, 'US', 10]], pixels: words([...rampValues]) })
    expect(warnings).toEqual(['bits-not-as-declared'])
  })

  it('are warned of where a part of them is noise', async () => {
    const pixels = Buffer.from(words([...slope]))
    const half = pixels.length / 2
    const shifted = Buffer.concat([pixels.subarray(0, half), Buffer.from([0x0d]), pixels.subarray(half, -1)])
    expect((await decode({ pixels: shifted })).warnings).toEqual(['pixel-data-damaged'])
  })

  it('are read in the big-endian order of one private syntax', async () => {
    const pixels = Buffer.from(words([...rampValues])).swap16()
    const file = Buffer.from(buildDicom({ transferSyntax: syntaxes.implicit, pixels }))
    const body = file.subarray(file.indexOf(Buffer.from([8, 0, 0x16, 0])))
    const uid = encodeElement([0x0002, 0x0010, 'UI', '1.2.840.113619.5.2'], { explicit: true, big: false })
    const { values, warnings } = await decodeRadiograph(
      Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), uid, body]),
      noCodecs,
    )
    expect(values).toEqual(rampValues)
    expect(warnings).toEqual([])
  })

  it.each([
    ['no SamplesPerPixel', [0x0028, 0x0002, 'US', null]],
    ['PhotometricInterpretation in small letters', [0x0028, 0x0004, 'CS', 'monochrome2']],
    ['PhotometricInterpretation with a blank', [0x0028, 0x0004, 'CS', 'MONOCHROME 2']],
  ] as [string, Elements[number]][])('are read with %s', async (_, element) => {
    expect((await decodeWith(element)).values).toEqual(rampValues)
  })

  it('are shifted down from a high HighBit', async () => {
    const { values } = await decode({
      elements: [[0x0028, 0x0102, 'US', 15]],
      pixels: words([...rampValues].map((value) => value << 4)),
    })
    expect(values).toEqual(rampValues)
  })

  it('take HighBit for BitsStored − 1 where it is missing', async () => {
    expect((await decodeWith([0x0028, 0x0102, 'US', null])).values).toEqual(rampValues)
  })

  it.each([
    ['12 of 16 bits', [[0x0028, 0x0103, 'US', 1]] as Elements, (v: number) => (v > 2047 ? v - 4096 : v)],
    [
      '16 bits',
      [
        [0x0028, 0x0103, 'US', 1],
        [0x0028, 0x0101, 'US', 16],
        [0x0028, 0x0102, 'US', 15],
      ] as Elements,
      (v: number) => v,
    ],
  ])('are sign-extended from %s', async (_, elements, expected) => {
    // As signed values they go on from 4095 to 0.
    const turned = rampValues.map((value) => (value + 2048) & 0xfff)
    const { values } = await decode({ elements, pixels: words([...turned]) })
    expect(values).toEqual(Int16Array.from(turned, expected))
  })

  it('may lie at an odd offset', async () => {
    const file = buildDicom()
    const shifted = new Uint8Array(file.length + 1)
    shifted.set(file, 1)
    expect((await decodeRadiograph(shifted.subarray(1), noCodecs)).values).toEqual(rampValues)
  })

  it('are not those of an icon', async () => {
    const icon = [[0x7fe0, 0x0010, 'OW', words([1, 2, 3, 4])] as const]
    expect((await decodeWith([0x0088, 0x0200, 'SQ', [icon]])).values).toEqual(rampValues)
  })
})

describe('the data set', () => {
  it('may hold an Extended Offset Table', async () => {
    const table = new Uint8Array(8)
    const radiograph = await decode({
      transferSyntax: syntaxes.rle,
      fragments: [encodeRle(words([...rampValues]), 2, side)],
      elements: [
        [0x7fe0, 0x0001, 'OV', table],
        [0x7fe0, 0x0002, 'OV', table],
      ],
    })
    expect(radiograph.values).toEqual(rampValues)
  })

  it('may hold private sequences of unknown VR and undefined length', async () => {
    const item = [
      encodeHeader(0xfffe, 0xe000, '', 0xffffffff, implicitLittle),
      encodeElement([0x0009, 0x1002, '', 'x'], implicitLittle),
      encodeHeader(0xfffe, 0xe00d, '', 0, implicitLittle),
    ]
    const sequence = Buffer.concat([
      encodeHeader(0x0009, 0x1001, 'UN', 0xffffffff, { explicit: true, big: false }),
      ...item,
      encodeHeader(0xfffe, 0xe0dd, '', 0, implicitLittle),
    ])
    const file = Buffer.from(buildDicom())
    const at = file.indexOf(Buffer.from([0x10, 0x00, 0x10, 0x10]))
    const { values } = await decodeRadiograph(
      Buffer.concat([file.subarray(0, at), sequence, file.subarray(at)]),
      noCodecs,
    )
    expect(values).toEqual(rampValues)
  })

  it('may be implicit where explicit is declared, with a warning', async () => {
    const explicit = Buffer.from(buildDicom())
    const implicit = Buffer.from(buildDicom({ transferSyntax: syntaxes.implicit }))
    const start = (file: Buffer): number => file.indexOf(Buffer.from([0x08, 0x00, 0x16, 0x00]))
    const mixed = Buffer.concat([explicit.subarray(0, start(explicit)), implicit.subarray(start(implicit))])
    const { values, warnings } = await decodeRadiograph(mixed, noCodecs)
    expect(values).toEqual(rampValues)
    expect(warnings).toContain('vr-encoding-mismatch')
  })

  it('may hold elements of VRs that are not of the standard', async () => {
    const { values } = await decodeWith([0x0009, 0x1001, 'ZZ', 'text'])
    expect(values).toEqual(rampValues)
  })

  it('may be followed by other bytes', async () => {
    const file = Buffer.concat([buildDicom(), Buffer.alloc(256, 0x5a)])
    expect((await decodeRadiograph(file, noCodecs)).values).toEqual(rampValues)
  })

  it('never fails otherwise than by rejection, whatever bytes are wrong', async () => {
    const files = [
      buildDicom(),
      buildDicom({
        transferSyntax: syntaxes.implicit,
        elements: [
          [
            0x0028,
            0x3010,
            'SQ',
            [
              [
                [0x0028, 0x3002, 'US', [16, 0, 8]],
                [0x0028, 0x3006, 'OW', new Uint8Array(32)],
              ],
            ],
          ],
        ],
      }),
      buildDicom({ transferSyntax: syntaxes.rle, fragments: [encodeRle(words([...rampValues]), 2, side)] }),
    ]
    const change = fc.record({ at: fc.integer({ min: 128, max: 900 }), value: fc.integer({ min: 0, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        async (file, changes) => {
          const broken = file.slice()
          for (const { at, value } of changes) broken[at] = value
          try {
            expect((await decodeRadiograph(broken, noCodecs)).values.length).toBeGreaterThan(0)
          } catch (error) {
            expect(error).toBeInstanceOf(StudyRejectedError)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('the acquisition facts', () => {
  it('are those of the data set', async () => {
    const { facts } = await decode()
    expect(facts).toMatchObject({
      format: 'dicom',
      transferSyntaxUid: syntaxes.explicit,
      modality: 'CR',
      bodyPartExamined: 'CHEST',
      viewPosition: 'PA',
      bitsAllocated: 16,
      bitsStored: 12,
      patientAgeYears: 64,
      pixelSpacing: { rowMm: 0.2, columnMm: 0.2, origin: 'PixelSpacing' },
    })
  })

  it.each([
    ['064Y', 64],
    ['64', 64],
    ['018M', 1.5],
    ['64 y', 64],
    ['000D', 0],
    ['000Y', 'null'],
    ['0', 'null'],
    ['0364D', 'null'],
    ['', 'null'],
    ['unknown', 'null'],
  ])('read the age %j as %s years', (text, years) => {
    expect(parseAge(text)).toBe(years === 'null' ? null : years)
  })

  it.each([
    ['no spacing', {}, null],
    [
      'a spacing at the detector',
      { imager: '0.15\\0.1' },
      { rowMm: 0.15, columnMm: 0.1, origin: 'ImagerPixelSpacing' },
    ],
    [
      'a magnification',
      { imager: '0.15\\0.15', magnification: '1.5' },
      { rowMm: 0.1, columnMm: 0.1, origin: 'ImagerPixelSpacing/EstimatedRadiographicMagnificationFactor' },
    ],
    [
      'a calibrated spacing',
      { pixel: '0.14\\0.14', imager: '0.15\\0.15' },
      { rowMm: 0.14, columnMm: 0.14, origin: 'PixelSpacing' },
    ],
    [
      'a spacing that repeats the detector',
      { pixel: '0.15\\0.15', imager: '0.15\\0.15' },
      { rowMm: 0.15, columnMm: 0.15, origin: 'ImagerPixelSpacing' },
    ],
    [
      'a magnification beside a spacing that repeats the detector',
      { pixel: '0.15\\0.15', imager: '0.15\\0.15', magnification: '1.5' },
      { rowMm: 0.1, columnMm: 0.1, origin: 'ImagerPixelSpacing/EstimatedRadiographicMagnificationFactor' },
    ],
    [
      'a magnification that the calibrated spacing accounts for already',
      { pixel: '0.1\\0.1', imager: '0.15\\0.15', magnification: '1.5' },
      { rowMm: 0.1, columnMm: 0.1, origin: 'PixelSpacing' },
    ],
    [
      'a magnification beside a spacing of unknown kind, which is believed',
      { pixel: '0.14\\0.14', magnification: '1.5' },
      { rowMm: 0.14, columnMm: 0.14, origin: 'PixelSpacing' },
    ],
    [
      'a magnification that none is',
      { imager: '0.15\\0.15', magnification: '0.5' },
      { rowMm: 0.15, columnMm: 0.15, origin: 'ImagerPixelSpacing' },
    ],
    ['a spacing of 0', { pixel: '0\\0' }, null],
    ['a spacing that is no number', { pixel: 'n/a' }, null],
  ] as [string, { pixel?: string; imager?: string; magnification?: string }, object | null][])(
    'know %s',
    async (_, { pixel, imager, magnification }, expected) => {
      const { facts } = await decodeWith(
        [0x0028, 0x0030, 'DS', pixel ?? null],
        [0x0018, 0x1164, 'DS', imager ?? null],
        [0x0018, 0x1114, 'DS', magnification ?? null],
      )
      if (expected === null) expect(facts.pixelSpacing).toBeNull()
      else {
        expect(facts.pixelSpacing).toMatchObject({ origin: (expected as { origin: string }).origin })
        expect(facts.pixelSpacing?.rowMm).toBeCloseTo((expected as { rowMm: number }).rowMm, 9)
        expect(facts.pixelSpacing?.columnMm).toBeCloseTo((expected as { columnMm: number }).columnMm, 9)
      }
    },
  )

  it.each([
    ['an empty one', '', null, []],
    ['an SIIM-ACR name', 'ID_0a0adf93f', 'ID_0a0adf93f', []],
    ['a path', '../../etc/passwd', null, ['uid-unusable']],
    ['a text of 70 digits', '1.'.repeat(35), null, ['uid-unusable']],
  ])('take %s for a SOP Instance UID or leave it', async (_, text, expected, warned) => {
    const { facts, warnings } = await decodeWith([0x0008, 0x0018, 'UI', text])
    expect(facts.sopInstanceUid).toBe(expected)
    expect(warnings.filter((code) => code === 'uid-unusable')).toEqual(warned)
  })

  it.each([
    [
      'SIIM-ACR: Secondary Capture of modality CR, age without unit',
      [
        [0x0008, 0x0016, 'UI', '1.2.840.10008.5.1.4.1.1.7'],
        [0x0020, 0x000d, 'UI', ''],
        [0x0020, 0x000e, 'UI', ''],
        [0x0010, 0x1010, 'AS', '64'],
      ],
    ],
    [
      'a digitised film',
      [
        [0x0008, 0x0060, 'CS', 'RG'],
        [0x0008, 0x0016, 'UI', '1.2.840.10008.5.1.4.1.1.7'],
      ],
    ],
    [
      'other modality, Digital X-Ray class',
      [
        [0x0008, 0x0060, 'CS', 'OT'],
        [0x0008, 0x0016, 'UI', '1.2.840.10008.5.1.4.1.1.1.1'],
      ],
    ],
    ['no body part', [[0x0018, 0x0015, 'CS', null]]],
    ['a portable chest', [[0x0018, 0x0015, 'CS', 'PORT CHEST']]],
    ['ribs', [[0x0018, 0x0015, 'CS', 'RIBS']]],
    ['chest and abdomen', [[0x0018, 0x0015, 'CS', 'CHESTABDOMEN']]],
    ['an AP view by its code', [[0x0054, 0x0220, 'SQ', [[[0x0008, 0x0100, 'SH', 'R-10206']]]]]],
    ['one frame, said so', [[0x0028, 0x0008, 'IS', '1']]],
    ['no age', [[0x0010, 0x1010, 'AS', null]]],
  ] as [string, Elements][])('accept %s', async (_, elements) => {
    await expect(decode({ elements })).resolves.toMatchObject({ rows: side })
  })

  it.each([
    ['for-processing', [[0x0008, 0x0068, 'CS', 'FOR PROCESSING']]],
    ['spacing-unknown', [[0x0028, 0x0030, 'DS', null]]],
    ['pixels-not-square', [[0x0028, 0x0030, 'DS', '0.2\\0.1']]],
    ['age-unknown', [[0x0010, 0x1010, 'AS', null]]],
    [
      'window-unusable',
      [
        [0x0028, 0x1050, 'DS', '100'],
        [0x0028, 0x1051, 'DS', '0'],
      ],
    ],
    [
      'window-unusable',
      [
        [0x0028, 0x1050, 'DS', '1,5'],
        [0x0028, 0x1051, 'DS', '100'],
      ],
    ],
    [
      'rescale-unusable',
      [
        [0x0028, 0x1052, 'DS', '0'],
        [0x0028, 0x1053, 'DS', '0'],
      ],
    ],
    ['presentation-lut-shape-conflict', [[0x2050, 0x0020, 'CS', 'INVERSE']]],
    ['lut-unusable', [[0x0028, 0x3010, 'SQ', [[[0x0028, 0x3002, 'US', [16, 0, 8]]]]]]],
    [
      'voi-function-unknown',
      [
        [0x0028, 0x1050, 'DS', '100'],
        [0x0028, 0x1051, 'DS', '10'],
        [0x0028, 0x1056, 'CS', 'CUBIC'],
      ],
    ],
  ] as [string, Elements][])('warn of %s', async (code, elements) => {
    expect((await decode({ elements })).warnings).toContain(code)
  })

  it('warn of more pixel data than the image takes', async () => {
    const { warnings } = await decode({ pixels: words(new Array(side * side + 10).fill(5)) })
    expect(warnings).toContain('excess-pixel-data')
  })
})

describe('the presentation', () => {
  it.each([
    ['the first window', '100\\200', '10\\20', undefined, { center: 100, width: 10, function: 'LINEAR' }],
    ['the first usable window', '100\\200', '0\\20', undefined, { center: 200, width: 20, function: 'LINEAR' }],
    ['as many windows as have both', '100\\200', '10', undefined, { center: 100, width: 10, function: 'LINEAR' }],
    ['a sigmoid', '1E2', ' +10.5 ', 'SIGMOID', { center: 100, width: 10.5, function: 'SIGMOID' }],
    ['a narrow exact window', '-5', '.5', 'LINEAR_EXACT', { center: -5, width: 0.5, function: 'LINEAR_EXACT' }],
    ['no window narrower than 1', '5', '.5', undefined, null],
  ])('takes %s', async (_, center, width, voiFunction, expected) => {
    const { presentation } = await decodeWith(
      [0x0028, 0x1050, 'DS', center],
      [0x0028, 0x1051, 'DS', width],
      [0x0028, 0x1056, 'CS', voiFunction ?? null],
    )
    expect(presentation.window).toEqual(expected)
  })

  const rescaledTo40000: Elements = [
    [0x0028, 0x0103, 'US', 1],
    [0x0028, 0x1052, 'DS', '40000'],
    [0x0028, 0x1053, 'DS', '1'],
  ]
  const signed: Elements = [[0x0028, 0x0103, 'US', 1]]
  const lut = (descriptor: number[], entries: Uint8Array, vr = 'US', others: Elements = []): Elements => [
    ...others,
    [
      0x0028,
      0x3010,
      'SQ',
      [
        [
          [0x0028, 0x3002, vr, descriptor],
          [0x0028, 0x3006, 'OW', entries],
        ],
      ],
    ],
  ]

  it.each([
    [
      'entries of 16 bits',
      lut([4, 0, 16], words([0, 20000, 40000, 65535])),
      { firstMapped: 0, bitsPerEntry: 16, entries: [0, 20000, 40000, 65535] },
    ],
    [
      '8-bit entries two to a word',
      lut([4, 7, 8], Uint8Array.of(0, 100, 200, 255)),
      { firstMapped: 7, bitsPerEntry: 8, entries: [0, 100, 200, 255] },
    ],
    [
      '8-bit entries one to a word',
      lut([4, 7, 8], words([0, 100, 200, 255])),
      { firstMapped: 7, bitsPerEntry: 8, entries: [0, 100, 200, 255] },
    ],
    [
      'entries below 0 on',
      lut([4, -2048, 12], words([0, 1, 2, 4095]), 'SS'),
      { firstMapped: -2048, bitsPerEntry: 12, entries: [0, 1, 2, 4095] },
    ],
    [
      'a first value that would be below 0, were it signed, and so beyond all values',
      lut([4, 37952, 12], words([0, 1, 2, 4095]), 'US', rescaledTo40000),
      { firstMapped: 37952, bitsPerEntry: 12, entries: [0, 1, 2, 4095] },
    ],
    [
      'a first value that is below 0 whatever its VR says',
      lut([4, 65536 - 2048, 12], words([0, 1, 2, 4095]), 'US', signed),
      { firstMapped: -2048, bitsPerEntry: 12, entries: [0, 1, 2, 4095] },
    ],
    [
      'fewer entries than declared that yet reach to the highest value',
      lut([8192, 4092, 12], words([0, 1, 2, 4095])),
      { firstMapped: 4092, bitsPerEntry: 12, entries: [0, 1, 2, 4095] },
    ],
    [
      '12-bit entries declared as 16',
      lut([2, 0, 16], words([0, 4095])),
      { firstMapped: 0, bitsPerEntry: 12, entries: [0, 4095] },
    ],
  ])('reads a VOI LUT of %s', async (_, elements, expected) => {
    const { voiLut } = (await decode({ elements })).presentation
    expect(voiLut && { ...voiLut, entries: [...voiLut.entries] }).toEqual(expected)
  })

  it('takes a descriptor of 0 entries for 65,536', async () => {
    const entries = Array.from({ length: 65536 }, (_, value) => value)
    const { voiLut } = (await decode({ elements: lut([0, 0, 16], words(entries)) })).presentation
    expect(voiLut?.entries).toEqual(Uint16Array.from(entries))
  })

  it.each([
    ['half of its entries', lut([4096, 0, 12], words(Array.from({ length: 2048 }, (_, value) => value)))],
    ['no entries', lut([4096, 0, 12], new Uint8Array(0))],
    ['no descriptor', lut([], words([0, 4095]))],
  ])('leaves a VOI LUT of %s out, with a warning', async (_, elements) => {
    const { presentation, warnings } = await decode({ elements })
    expect(presentation.voiLut).toBeNull()
    expect(warnings).toContain('lut-unusable')
  })

  it('reads padding as a range, whichever end is named first', async () => {
    const { presentation } = await decodeWith([0x0028, 0x0120, 'US', 4095], [0x0028, 0x0121, 'US', 4000])
    expect(presentation.padding).toEqual({ low: 4000, high: 4095 })
  })
})
