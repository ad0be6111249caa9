import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeRunLength,
  encodeRunLength,
  mergeRunLengths,
  RunLengthError,
} from '../../lib/screening/finding/run-length.ts'

const size = { rows: 3, columns: 4 }

/** Rows of digits as a mask: easier to check by eye. */
const picture = (...rows: string[]): Uint8Array => Uint8Array.from(rows.join(''), Number)

describe('run-length code of a mask', () => {
  it.each([
    ['nothing', picture('0000', '0000', '0000'), '-1'],
    ['everything', picture('1111', '1111', '1111'), '0 12'],
    ['the first pixel', picture('1000', '0000', '0000'), '0 1'],
    ['the last pixel', picture('0000', '0000', '0001'), '11 1'],
    ['a column: one run, since columns come first', picture('0100', '0100', '0100'), '3 3'],
    ['a row: starts counted from the end of the run before', picture('1111', '0000', '0000'), '0 1 2 1 2 1 2 1'],
    ['a run from the foot of a column to the head of the next', picture('0010', '0010', '0100'), '5 3'],
    ['two shapes', picture('0000', '1101', '1000'), '1 2 1 1 5 1'],
  ])('codes %s', (_, mask, code) => {
    expect(encodeRunLength(mask, size)).toBe(code)
    expect(decodeRunLength(code, size)).toEqual(mask)
  })

  it('comes back as it was, whatever the mask', () => {
    const masks = fc
      .record({ rows: fc.integer({ min: 1, max: 12 }), columns: fc.integer({ min: 1, max: 12 }) })
      .chain((shape) =>
        fc
          .array(fc.integer({ min: 0, max: 1 }), {
            minLength: shape.rows * shape.columns,
            maxLength: shape.rows * shape.columns,
          })
          .map((pixels) => ({ shape, mask: Uint8Array.from(pixels) })),
      )
    fc.assert(
      fc.property(masks, ({ shape, mask }) => {
        expect(decodeRunLength(encodeRunLength(mask, shape), shape)).toEqual(mask)
      }),
      { seed: 1 },
    )
  })

  it('takes any white space, before, between and after', () => {
    expect(decodeRunLength('  3\t3\n', size)).toEqual(picture('0100', '0100', '0100'))
    expect(decodeRunLength(' -1 ', size)).toEqual(new Uint8Array(12))
  })

  it('joins runs that touch: a start of 0 after the first run', () => {
    expect(decodeRunLength('3 1 0 2', size)).toEqual(picture('0100', '0100', '0100'))
  })

  it.each([
    ['no code at all', '', /empty/],
    ['an odd count', '1 2 3', /3 numbers/],
    ['a negative start', '-3 2', /expected an integer/],
    ['a negative length', '3 -2', /expected an integer/],
    ['a minus one among numbers', '-1 4', /expected an integer/],
    ['a fraction', '1.5 2', /expected an integer/],
    ['an exponent', '1e3 2', /expected an integer/],
    ['a hexadecimal number', '0x1 2', /expected an integer/],
    ['a word', 'one 2', /expected an integer/],
    ['a number beyond exact integers', '99999999999999999999 1', /expected an integer/],
    ['a run of length 0', '3 0', /length 0/],
    ['a run past the image', '10 3', /ends at pixel 13, the image has 12/],
    ['a start past the image', '0 1 900000000000000 1', /the image has 12/],
  ])('refuses %s', (_, code, message) => {
    expect(() => decodeRunLength(code, size)).toThrow(RunLengthError)
    expect(() => decodeRunLength(code, size)).toThrow(message)
  })

  it('refuses a mask of another size', () => {
    expect(() => encodeRunLength(new Uint8Array(11), size)).toThrow(RunLengthError)
  })

  it('merges overlapping annotations of one image', () => {
    expect(mergeRunLengths(['1 4', '-1', '3 5'], size)).toBe('1 7')
    expect(mergeRunLengths(['-1', '-1'], size)).toBe('-1')
    expect(mergeRunLengths([], size)).toBe('-1')
    expect(() => mergeRunLengths(['0 2', '9 9'], size)).toThrow(RunLengthError)
  })
})

interface Vector {
  readonly name?: string
  readonly rows: number
  readonly columns: number
  readonly rle: string
  readonly maskRowMajor: number[]
}

/** Read by the training package's tests as well: both ends of the cascade must agree on the convention. */
const vectorsFile = new URL('../../models/training/tests/rle-vectors.json', import.meta.url)
const vectors: Vector[] = existsSync(vectorsFile) ? JSON.parse(readFileSync(vectorsFile, 'utf8')) : []

describe.skipIf(vectors.length === 0)('the vectors shared with the training package', () => {
  it.each(vectors.map((vector) => [vector.name ?? vector.rle, vector] as const))('agrees on %s', (_, vector) => {
    const mask = Uint8Array.from(vector.maskRowMajor)
    expect(decodeRunLength(vector.rle, vector)).toEqual(mask)
    expect(encodeRunLength(mask, vector)).toBe(vector.rle)
  })
})
