import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRle } from '../../lib/phantom/encode-rle.ts'
import { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import { decodeRle } from '../../lib/screening/radiograph/decode-rle.ts'

const size = { rows: 12, columns: 10 }
const pixels = size.rows * size.columns

describe('decoding RLE', () => {
  it('gives back 8-bit values', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: pixels, maxLength: pixels, max: 3 }), (values) => {
        expect(decodeRle(encodeRle(values, 1, size.columns), { ...size, bitsAllocated: 8 })).toEqual({
          words: values,
          isDamaged: false,
        })
      }),
    )
  })

  it('gives back 16-bit values', () => {
    fc.assert(
      fc.property(fc.uint16Array({ minLength: pixels, maxLength: pixels }), (values) => {
        const frame = encodeRle(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 2, size.columns)
        expect(decodeRle(frame, { ...size, bitsAllocated: 16 })).toEqual({ words: values, isDamaged: false })
      }),
    )
  })

  it('rejects or decodes any bytes whatever', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 2 }), (bytes, segments) => {
        const frame = new Uint8Array(64 + bytes.length)
        frame.set([segments, 0, 0, 0, 64, 0, 0, 0, 64 + (bytes.length >> 1), 0, 0, 0])
        frame.set(bytes, 64)
        try {
          expect(decodeRle(frame, { ...size, bitsAllocated: segments === 1 ? 8 : 16 }).words).toHaveLength(pixels)
        } catch (error) {
          expect(error).toBeInstanceOf(StudyRejectedError)
        }
      }),
    )
  })

  const constant = new Uint8Array(pixels).fill(9)
  const frame = encodeRle(constant, 1, size.columns)

  it.each([
    ['bytes after the image', [0xff, 0xff]],
    ['a row after the image', [...frame.subarray(64, 66)]],
  ])('takes %s for damage, and decodes it', (_, left) => {
    const longer = Buffer.concat([frame, Uint8Array.from(left)])
    expect(decodeRle(longer, { ...size, bitsAllocated: 8 })).toEqual({ words: constant, isDamaged: true })
  })

  it('takes a run that leaves the image for damage, and decodes it', () => {
    const header = frame.subarray(0, 64)
    for (const body of [
      [257 - 100, 9, 257 - 30, 9],
      [257 - 100, 9, 29, ...Array(30).fill(9)],
    ]) {
      const longer = Buffer.concat([header, Uint8Array.from(body)])
      expect(decodeRle(longer, { ...size, bitsAllocated: 8 })).toEqual({ words: constant, isDamaged: true })
    }
  })

  it('leaves a good many bytes of a large image aside, and refuses as many of a small one', () => {
    const values = Uint8Array.from({ length: 100 * 100 }, (_, pixel) => (pixel * 7919) & 0xff)
    const longer = Buffer.concat([encodeRle(values, 1, 100), Buffer.alloc(1000, 0x55)])
    const large = { rows: 100, columns: 100, bitsAllocated: 8 } as const
    expect(decodeRle(longer, large)).toEqual({ words: values, isDamaged: true })
    expect(() => decodeRle(longer, { ...large, rows: 70 })).toThrow('goes on after the image ends')
  })

  it('rejects what goes on after the image as long as the image was', () => {
    const longer = Buffer.concat([frame, frame.subarray(64), Uint8Array.of(7, 1, 2, 3, 4, 5, 6, 7, 8)])
    expect(() => decodeRle(longer, { ...size, bitsAllocated: 8 })).toThrow(StudyRejectedError)
  })
})
