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

  it('takes a few bytes after the image for damage, and decodes it', () => {
    const longer = Buffer.concat([frame, Uint8Array.of(0xff, 0xff)])
    expect(decodeRle(longer, { ...size, bitsAllocated: 8 })).toEqual({ words: constant, isDamaged: true })
  })

  it('rejects what goes on after the image', () => {
    const longer = Buffer.concat([frame, Uint8Array.of(7, 1, 2, 3, 4, 5, 6, 7, 8)])
    expect(() => decodeRle(longer, { ...size, bitsAllocated: 8 })).toThrow(StudyRejectedError)
  })
})
