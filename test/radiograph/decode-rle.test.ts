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
        expect(decodeRle(encodeRle(values, 1, size.columns), { ...size, bitsAllocated: 8 })).toEqual(values)
      }),
    )
  })

  it('gives back 16-bit values', () => {
    fc.assert(
      fc.property(fc.uint16Array({ minLength: pixels, maxLength: pixels }), (values) => {
        const frame = encodeRle(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 2, size.columns)
        expect(decodeRle(frame, { ...size, bitsAllocated: 16 })).toEqual(values)
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
          expect(decodeRle(frame, { ...size, bitsAllocated: segments === 1 ? 8 : 16 })).toHaveLength(pixels)
        } catch (error) {
          expect(error).toBeInstanceOf(StudyRejectedError)
        }
      }),
    )
  })

  it('rejects what goes on after the image', () => {
    const frame = encodeRle(new Uint8Array(pixels).fill(9), 1, size.columns)
    const longer = Buffer.concat([frame, Uint8Array.of(2, 1, 2, 3)])
    expect(() => decodeRle(longer, { ...size, bitsAllocated: 8 })).toThrow(StudyRejectedError)
  })
})
