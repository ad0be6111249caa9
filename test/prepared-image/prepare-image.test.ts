import { describe, expect, it } from 'vitest'
import { createRandom } from '../../lib/phantom/seeded-random.ts'
import { preparedSize, prepareImage } from '../../lib/screening/prepared-image/prepare-image.ts'
import type { GreyscalePresentation } from '../../lib/screening/radiograph/radiograph.ts'
import { buildRadiograph } from './build-radiograph.ts'

const full = { fullResolution: true }
const random = createRandom(1)
const ramp = Uint16Array.from({ length: 4096 }, (_, value) => value)
const window = { center: 2048, width: 4096, function: 'LINEAR' } as const
const swapped = ramp.map((value) => ((16 * value) >> 8) | ((16 * value) << 8))
const lut = {
  firstMapped: 0,
  bitsPerEntry: 12,
  entries: Uint16Array.from(ramp, (value) => Math.floor(value ** 2 / 4095)),
}

describe('preparing an image', () => {
  it('rounds half up after the window', () => {
    const { pixels, greyLevels } = prepareImage(buildRadiograph(ramp, { window }), full)
    expect(greyLevels).toEqual({ origin: 'window', window })
    expect([...pixels]).toEqual(Array.from(ramp, (value) => Math.floor((255 * value) / 4095 + 0.5)))
  })

  it('inverts before it rounds', () => {
    const { pixels } = prepareImage(buildRadiograph(ramp, { window, inverted: true }), full)
    expect([...pixels]).toEqual(Array.from(ramp, (value) => Math.floor(255 - (255 * value) / 4095 + 0.5)))
  })

  it('applies the window to rescaled values', () => {
    const modality = { kind: 'rescale', slope: 2, intercept: -1000 } as const
    const rescaled = prepareImage(
      buildRadiograph(ramp, { window: { ...window, center: 3095.5, width: 8191 }, modality }),
      full,
    )
    const plain = prepareImage(buildRadiograph(ramp, { window: { ...window, center: 2048, width: 4096 } }), full)
    expect(rescaled.pixels).toEqual(plain.pixels)
  })

  it('reads signed values below 0', () => {
    const values = Int16Array.from(ramp, (value) => value - 2048)
    const { pixels } = prepareImage(buildRadiograph(values, { window: { ...window, center: 0 } }), full)
    expect(pixels).toEqual(prepareImage(buildRadiograph(ramp, { window }), full).pixels)
  })

  it('takes the VOI LUT where there is no window', () => {
    const { pixels, greyLevels } = prepareImage(buildRadiograph(ramp, { voiLut: lut }), full)
    expect(greyLevels).toEqual({ origin: 'voi-lut', window: null })
    expect([...pixels]).toEqual(Array.from(lut.entries, (entry) => Math.floor((255 * entry) / 4095 + 0.5)))
  })

  it('takes the window where there are both', () => {
    expect(prepareImage(buildRadiograph(ramp, { window, voiLut: lut }), full).greyLevels.origin).toBe('window')
  })

  it.each([
    ['above the values', { window: { ...window, center: 20_000, width: 100 } }, 'window-outside-range'],
    ['below the values', { window: { ...window, center: -20_000, width: 100 } }, 'window-outside-range'],
    ['three times as wide as the values', { window: { ...window, width: 12_288 } }, 'window-outside-range'],
    ['of an eighth of the values', { window: { ...window, width: 512 } }, 'window-outside-range'],
    ['that shows the upper quarter', { window: { ...window, center: 5120 } }, 'window-outside-range'],
    [
      'a VOI LUT of one entry throughout',
      { voiLut: { ...lut, entries: ramp.map(() => 900) } },
      'voi-lut-outside-range',
    ],
    [
      'a VOI LUT in the wrong byte order',
      { voiLut: { ...lut, bitsPerEntry: 16, entries: swapped } },
      'voi-lut-outside-range',
    ],
    ['a VOI LUT above the values', { voiLut: { ...lut, firstMapped: 9000 } }, 'voi-lut-outside-range'],
  ] as [string, Partial<GreyscalePresentation>, string][])(
    'estimates the grey levels, with a warning, for a window %s',
    (_, shown, code) => {
      const { greyLevels, warnings, pixels } = prepareImage(buildRadiograph(ramp, shown), full)
      expect(greyLevels.origin).toBe('percentile')
      expect(warnings).toEqual(['spacing-unknown', code, 'grey-levels-estimated'])
      expect([pixels[0], pixels[4095]]).toEqual([0, 255])
    },
  )

  it.each([
    ['one and a half times as wide as the values', { ...window, width: 6500 }],
    ['of two thirds of the values', { ...window, width: 2700 }],
  ])('keeps a window %s, with a warning', (_, asked) => {
    const { greyLevels, warnings } = prepareImage(buildRadiograph(ramp, { window: asked }), full)
    expect(greyLevels).toEqual({ origin: 'window', window: asked })
    expect(warnings).toEqual(['spacing-unknown', 'presentation-lossy'])
  })

  it('takes the VOI LUT where the window shows too little', () => {
    const asked = { window: { ...window, center: 20_000 }, voiLut: lut }
    const { greyLevels, warnings } = prepareImage(buildRadiograph(ramp, asked), full)
    expect(greyLevels.origin).toBe('voi-lut')
    expect(warnings).toEqual(['spacing-unknown', 'window-outside-range'])
  })

  it('keeps the direction of a VOI LUT that it does not believe', () => {
    const entries = ramp.map((value) => (value === 2000 ? 4095 : 200 - value / 21))
    const { pixels, greyLevels } = prepareImage(buildRadiograph(ramp, { voiLut: { ...lut, entries } }), full)
    expect(greyLevels.origin).toBe('percentile')
    expect([pixels[0], pixels[4095]]).toEqual([255, 0])
  })

  it.each([
    ['breaks off half-way', ramp.map((value) => (value < 2048 ? value : 0))],
    ['holds noise', ramp.map(() => random.integer(0, 4095))],
  ])('does not turn the picture for a VOI LUT that %s', (_, entries) => {
    const { pixels, greyLevels } = prepareImage(buildRadiograph(ramp, { voiLut: { ...lut, entries } }), full)
    expect(greyLevels.origin).toBe('percentile')
    expect([pixels[0], pixels[4095]]).toEqual([0, 255])
  })

  it('takes 8-bit values as they are where their window is one for 12 bits', () => {
    const values = Uint16Array.from({ length: 256 }, (_, value) => value)
    const modality = { kind: 'rescale', slope: 1, intercept: 0 } as const
    const radiograph = buildRadiograph(values, { window, bitsStored: 8, modality })
    const { pixels, greyLevels, warnings } = prepareImage(radiograph, full)
    expect([...pixels]).toEqual([...values])
    expect(greyLevels.origin).toBe('full-range')
    expect(warnings).toEqual(['spacing-unknown', 'window-outside-range'])
  })

  it.each([
    ['65535 over half of it', 65535],
    ['0 over half of it', 0],
  ])('takes its grey levels from the picture, not from a border of %s', (_, border) => {
    const values = Uint16Array.from({ length: 8192 }, (_, pixel) => (pixel < 4096 ? 20_000 + pixel : border))
    const { greyLevels, warnings } = prepareImage(buildRadiograph(values, { bitsStored: 16 }), full)
    expect(greyLevels.origin).toBe('percentile')
    expect(greyLevels.window?.center).toBeCloseTo(22_048, -2)
    expect(greyLevels.window?.width).toBeCloseTo(4055, -2)
    expect(warnings).toEqual(['spacing-unknown', 'border-undeclared', 'grey-levels-estimated'])
  })

  it('estimates by what a modality LUT makes of the values, in whatever order', () => {
    const falling = { ...lut, entries: ramp.map((value) => 4095 - value) }
    const { pixels } = prepareImage(buildRadiograph(ramp, { modality: { kind: 'lut', lut: falling } }), full)
    expect([pixels[0], pixels[4095]]).toEqual([255, 0])
  })

  it('leaves out padding and the outermost half per cent when it estimates', () => {
    const values = Uint16Array.from({ length: 20_000 }, (_, pixel) =>
      pixel < 8000 ? 4095 : pixel < 8040 ? 3900 : 1000 + (pixel % 1000),
    )
    const { greyLevels } = prepareImage(buildRadiograph(values, { padding: { low: 4000, high: 4095 } }), full)
    expect(greyLevels.window?.center).toBeCloseTo(1500, -1)
    expect(greyLevels.window?.width).toBeCloseTo(990, -2)
  })

  it('estimates between ends in order where the rescale slope is negative', () => {
    const modality = { kind: 'rescale', slope: -1, intercept: 4095 } as const
    const { pixels } = prepareImage(buildRadiograph(ramp, { modality }), full)
    expect([pixels[0], pixels[4095]]).toEqual([255, 0])
  })

  it.each([
    ['8-bit values that use their range', Uint8Array.from({ length: 256 }, (_, v) => v), 8, 'dicom', 'full-range'],
    [
      '8-bit values in a corner of their range',
      Uint8Array.from({ length: 256 }, (_, v) => v % 40),
      8,
      'dicom',
      'percentile',
    ],
    ['a 16-bit PNG that uses its range', Uint16Array.from({ length: 256 }, (_, v) => v * 257), 16, 'png', 'full-range'],
    ['a 16-bit PNG of 12-bit values', ramp, 16, 'png', 'percentile'],
    ['12-bit values', ramp, 12, 'dicom', 'percentile'],
  ] as const)('takes %4$s grey levels for %0$s', (_, values, bitsStored, format, origin) => {
    expect(prepareImage(buildRadiograph(values, { bitsStored, format }), full).greyLevels.origin).toBe(origin)
  })

  it('leaves display-ready 8-bit values as they are', () => {
    const values = Uint8Array.from({ length: 256 }, (_, v) => v)
    expect(prepareImage(buildRadiograph(values, { bitsStored: 8 }), full).pixels).toEqual(values)
  })

  /** The ramp with so much contrast that so much of it is left between black and white. */
  const saturated = (share: number): Uint8Array =>
    Uint8Array.from(ramp, (value) => Math.min(255, Math.max(0, 127.5 + (value - 2047.5) / (16 * share))))

  it.each([
    [0.5, []],
    [0.2, ['presentation-lossy']],
  ])('of which a share of %d is neither black nor white: %j', (share, warnings) => {
    const radiograph = buildRadiograph(saturated(share), { bitsStored: 8 })
    expect(prepareImage(radiograph, full).warnings).toEqual(['spacing-unknown', ...warnings])
  })

  it('of which nearly all is black or white is blank', () => {
    const radiograph = buildRadiograph(saturated(0.08), { bitsStored: 8 })
    expect(() => prepareImage(radiograph, full)).toThrowError(expect.objectContaining({ code: 'blank' }))
  })

  it.each([
    ['of one value', new Uint16Array(400).fill(700)],
    ['of noise by a few values', Uint16Array.from({ length: 400 }, (_, pixel) => 700 + (pixel % 7))],
    ['of two values', Uint16Array.from({ length: 400 }, (_, pixel) => 3000 * (pixel % 2))],
    ['of few values far apart', Uint16Array.from({ length: 400 }, (_, pixel) => 1000 * (pixel % 4))],
    ['with a mark of few pixels', Uint16Array.from({ length: 4000 }, (_, pixel) => (pixel < 12 ? 4095 : 700))],
  ])('rejects an image %s', (_, values) => {
    expect(() => prepareImage(buildRadiograph(values, { window }), full)).toThrow(
      expect.objectContaining({ code: 'blank' }),
    )
  })

  it.each([
    ['one entry', ramp.map(() => 700)],
    ['entries in the wrong byte order', swapped],
  ])('rejects an image whose modality LUT holds %s', (_, entries) => {
    const modality = { kind: 'lut', lut: { ...lut, bitsPerEntry: 16, entries } } as const
    expect(() => prepareImage(buildRadiograph(ramp, { window, modality }), full)).toThrow(
      expect.objectContaining({ code: 'blank' }),
    )
  })

  it('rejects an image that its rescaling makes one number', () => {
    const modality = { kind: 'rescale', slope: 1e-300, intercept: 1 } as const
    expect(() => prepareImage(buildRadiograph(ramp, { modality }), full)).toThrow(
      expect.objectContaining({ code: 'blank' }),
    )
  })

  it.each([
    [
      { rows: 3000, columns: 2500 },
      { rows: 1024, columns: 853 },
    ],
    [
      { rows: 2000, columns: 2001 },
      { rows: 1023, columns: 1024 },
    ],
    [
      { rows: 1024, columns: 1024 },
      { rows: 1024, columns: 1024 },
    ],
    [
      { rows: 300, columns: 200 },
      { rows: 300, columns: 200 },
    ],
  ])('makes %j into %j', (source, prepared) => {
    expect(preparedSize(source)).toEqual(prepared)
  })

  it('averages areas after the window, and says where it came from', () => {
    const values = Uint16Array.from({ length: 2048 * 2 }, (_, pixel) =>
      pixel % 2 === 0 ? pixel / 2 : 4095 - (pixel >> 1),
    )
    const prepared = prepareImage(buildRadiograph(values, { rows: 2, window }))
    expect({ rows: prepared.rows, columns: prepared.columns }).toEqual({ rows: 1, columns: 1024 })
    expect(prepared.source).toEqual({ rows: 2, columns: 2048 })
    expect(new Set(prepared.pixels)).toEqual(new Set([128]))
    expect(prepared.warnings).toEqual(['spacing-unknown'])
  })
})
