import { describe, expect, it } from 'vitest'
import { encodeFrame } from '../../lib/phantom/encode-frame.ts'
import { createRandom } from '../../lib/phantom/seeded-random.ts'
import { checkCodestream } from '../../lib/screening/radiograph/check-codestream.ts'
import { readCodestreamHeader, unboxJpeg2000 } from '../../lib/screening/radiograph/codestream-header.ts'
import { readJpegScans } from '../../lib/screening/radiograph/read-jpeg-scans.ts'
import { jpeg2000Header } from './build-codestream.ts'
import { side } from './build-dicom.ts'

const segment = (marker: number, ...body: number[]): number[] => [
  0xff,
  marker,
  (body.length + 2) >> 8,
  (body.length + 2) & 0xff,
  ...body,
]
const [rows, columns] = [4, 6]
const frame = segment(0xc3, 8, 0, rows, 0, columns, 1, 1, 0x11, 0)
/** One code, the bit 0, for a difference of 0: 24 samples are three bytes. */
const table = segment(0xc4, 0, 1, ...Array(15).fill(0), 0)
const scan = segment(0xda, 1, 1, 0, 1, 0, 0)
const jpegOf = (...parts: number[][]): Uint8Array =>
  Uint8Array.from([0xff, 0xd8, ...frame, ...table, ...parts.flat(), 0xff, 0xd9])

describe('the scan of a JPEG', () => {
  it.each([
    ['ends where its last sample does', [...scan, 0, 0, 0]],
    ['may be padded by two bytes', [...scan, 0, 0, 0, 0, 0]],
    ['may be followed by fill', [...scan, 0, 0, 0, 0xff, 0xff]],
    ['may be restarted', [...segment(0xdd, 0, 12), ...scan, 0, 0x0f, 0xff, 0xd0, 0, 0x0f]],
  ])('%s', (_, parts) => {
    expect(readJpegScans(jpegOf(parts))).toEqual({ hasExcess: false })
  })

  it('with more padding than that has bytes that mean nothing', () => {
    expect(readJpegScans(jpegOf([...scan, 0, 0, 0, 0, 0, 0]))).toEqual({ hasExcess: true })
  })

  it.each([
    ['that ends too early', [...scan, 0, 0], 'ends before the image does'],
    ['that goes on too long', [...scan, 0, 0, 0, 1, 2, 3], 'goes on after the image ends'],
    ['with a code that is not in its table', [...scan, 0, 0x40, 0], 'not in its table'],
    ['that is not there', [], 'lacks a scan'],
    ['without its table', [...segment(0xda, 1, 1, 0x10, 1, 0, 0), 0, 0, 0], 'not there'],
    ['of an unknown component', [...segment(0xda, 1, 9, 0, 1, 0, 0), 0, 0, 0], 'not there'],
    ['without a restart marker', [...segment(0xdd, 0, 12), ...scan, 0, 0x0f, 0xff, 0xd1, 0, 0x0f], 'restart marker'],
    ['after a marker without length', [0xff, 0x01, ...scan, 0, 0, 0], 'none may'],
    ['after bytes that are no marker', [1, 2, 3, ...scan, 0, 0, 0], 'marker is missing'],
    ['of a table with too many codes', [...segment(0xc4, 0, 3, ...Array(15).fill(0), 0, 1, 2)], 'more codes than bits'],
    ['of a component without samples', [...segment(0xc3, 8, 0, 4, 0, 6, 1, 1, 0x00, 0)], 'no sampling factor'],
    ['within a segment that is cut', [0xff, 0xfe, 0xff, 0xff], 'ends within a segment'],
  ])('%s is corrupt', (_, parts, detail) => {
    expect(() => readJpegScans(jpegOf(parts))).toThrowError(
      expect.objectContaining({ code: 'corrupt-pixel-data', message: expect.stringContaining(detail) }),
    )
  })

  it('before any frame header is corrupt', () => {
    const jpeg = Uint8Array.from([0xff, 0xd8, ...table, ...scan, 0, 0, 0, 0xff, 0xd9])
    expect(() => readJpegScans(jpeg)).toThrow('no frame header')
  })

  it('without an end marker is corrupt', () => {
    expect(() => readJpegScans(jpegOf(scan, [0, 0, 0]).subarray(0, -2))).toThrow('cut short')
  })

  it('of a block with more than 64 coefficients is corrupt', () => {
    // DC of no bits: 0. AC: sixteen zeros, again and again: 0.
    const tables = [...table, ...segment(0xc4, 0x10, 1, ...Array(15).fill(0), 0xf0)]
    const jpeg = [0xff, 0xd8, ...segment(0xc0, 8, 0, 8, 0, 8, 1, 1, 0x11, 0), ...tables, ...scan, 0, 0xff, 0xd9]
    expect(() => readJpegScans(Uint8Array.from(jpeg))).toThrow('more than 64 coefficients')
  })

  it('of a block darker than black is corrupt', () => {
    // Twelve bits of difference: -4095. No other coefficient.
    const tables = [
      ...segment(0xdb, 0, ...Array(64).fill(1)),
      ...segment(0xc4, 0, 1, ...Array(15).fill(0), 12),
      ...segment(0xc4, 0x10, 1, ...Array(15).fill(0), 0),
    ]
    const jpeg = (...codes: number[]) =>
      Uint8Array.from([
        ...[0xff, 0xd8, ...segment(0xc0, 8, 0, 8, 0, 8, 1, 1, 0x11, 0)],
        ...[...tables, ...scan, ...codes, 0xff, 0xd9],
      ])
    expect(() => readJpegScans(jpeg(0, 0x03))).toThrow('brighter or darker than can be')
    expect(() => readJpegScans(jpeg(0x7f, 0xfb))).toThrow('brighter or darker than can be')
  })

  it('of a progressive JPEG is not judged', () => {
    expect(readJpegScans(jpegOf(segment(0xc2, 8, 0, 4, 0, 6, 1, 1, 0x11, 0)))).toEqual({ hasExcess: false })
  })
})

describe('the tile-parts of JPEG 2000', () => {
  const random = createRandom(1)
  const noise = Uint16Array.from({ length: side * side }, () => random.integer(0, 4095))
  const encoded = (syntax: 'jpeg-2000-lossless' | 'htj2k-lossless'): Promise<Uint8Array> =>
    encodeFrame({ rows: side, columns: side, values: noise, bitsStored: 12 }, syntax)
  const check = (codestream: Uint8Array) => checkCodestream(readCodestreamHeader(codestream), codestream, false)
  const changed = (codestream: Uint8Array, change: (view: DataView, tilePart: number) => void): Uint8Array => {
    const copy = Uint8Array.from(codestream)
    const tilePart = readCodestreamHeader(copy).tileParts?.offset ?? 0
    change(new DataView(copy.buffer), tilePart)
    return copy
  }

  it.each(['jpeg-2000-lossless', 'htj2k-lossless'] as const)('of %s lead to its end', async (syntax) => {
    expect(check(await encoded(syntax))).toEqual({ isDamaged: false })
  })

  it('may leave the last length open', async () => {
    const open = changed(await encoded('jpeg-2000-lossless'), (view, at) => view.setUint32(at + 6, 0))
    expect(check(open)).toEqual({ isDamaged: false })
  })

  it.each<[string, (view: DataView, tilePart: number) => void, string]>([
    ['reach beyond the end', (view, at) => view.setUint32(at + 6, view.byteLength), 'ends within a tile-part'],
    ['are shorter than their header', (view, at) => view.setUint32(at + 6, 13), 'ends within a tile-part'],
    ['do not follow each other', (view, at) => view.setUint32(at + 6, 100), 'does not begin where the last one ends'],
    ['hold a marker among their packets', (view, at) => view.setUint16(at + 200, 0xff90), 'hold a marker'],
    ['have no data', (view, at) => view.setUint16(at + 12, 0x1234), 'has no data'],
    ['leave out a tile', (view) => view.setUint32(24, side - 1), '1 of 2 tiles'],
  ])('that %s are corrupt', async (_, change, detail) => {
    const codestream = await encoded('jpeg-2000-lossless')
    expect(() => check(changed(codestream, change))).toThrowError(
      expect.objectContaining({ code: 'corrupt-pixel-data', message: expect.stringContaining(detail) }),
    )
  })

  it('that end without a marker are corrupt', async () => {
    const codestream = await encoded('jpeg-2000-lossless')
    expect(() => check(codestream.subarray(0, -2))).toThrow('no end marker')
    expect(() => check(new Uint8Array(Buffer.concat([codestream.subarray(0, -2), Buffer.from([0xff, 0x90])])))).toThrow(
      'ends within a tile-part',
    )
  })

  it('with a stretch of zeros among high-throughput blocks are damaged, with a long one corrupt', async () => {
    const codestream = await encoded('htj2k-lossless')
    const middle = codestream.length >> 1
    expect(() => check(Uint8Array.from(codestream).fill(0, middle, middle + 500))).toThrow('stretch of zeros')
    expect(check(Uint8Array.from(codestream).fill(0, middle, middle + 50))).toEqual({ isDamaged: false })
    expect(check(Uint8Array.from(codestream).fill(0, middle, middle + 200))).toEqual({ isDamaged: true })
  })

  /** A codestream of so many pixels and tiles, in each tile so many bytes. */
  const forged = (rows: number, tile: number, bytes: number): Uint8Array => {
    const tilePart = Buffer.alloc(14 + bytes, 0x55)
    tilePart.writeUInt16BE(0xff90, 0)
    tilePart.writeUInt16BE(10, 2)
    tilePart.writeUInt32BE(14 + bytes, 6)
    tilePart.writeUInt16BE(0xff93, 12)
    const tileParts = Array.from({ length: Math.ceil(rows / tile) ** 2 }, (_, index) => {
      tilePart.writeUInt16BE(index, 4)
      return Buffer.from(tilePart)
    })
    const head = jpeg2000Header({ rows, columns: rows, tile }).subarray(0, -2)
    return new Uint8Array(Buffer.concat([head, ...tileParts, Buffer.from([0xff, 0xd9])]))
  }

  it.each([
    ['8,000 × 8,000', 8000, 100_000, false, 'corrupt-pixel-data'],
    ['2,000 × 2,000', 2000, 120_000, false, 'corrupt-pixel-data'],
    ['2,000 × 2,000, lossy,', 2000, 60_000, true, 'corrupt-pixel-data'],
    ['2,000 × 2,000, and next to nothing,', 2000, 3000, false, 'blank'],
  ])('of a forged size of %s are told by the few bytes that hold them', (_, rows, bytes, isLossy, code) => {
    const codestream = forged(rows, rows, bytes)
    expect(() => checkCodestream(readCodestreamHeader(codestream), codestream, isLossy)).toThrowError(
      expect.objectContaining({ code, message: `${bytes} bytes cannot hold ${rows} × ${rows} pixels of a radiograph` }),
    )
  })

  it.each([
    ['32 pixels to a byte', 2000, 125_000, false],
    ['64 pixels to a byte, lossy,', 2000, 62_500, true],
    ['next to nothing, but small,', 1000, 10, false],
  ])('of %s are left to the codec', (_, rows, bytes, isLossy) => {
    const codestream = forged(rows, rows, bytes)
    expect(checkCodestream(readCodestreamHeader(codestream), codestream, isLossy)).toEqual({ isDamaged: false })
  })

  it('are counted without the headers of tile-parts', () => {
    const codestream = forged(3990, 32, 1)
    expect(() => checkCodestream(readCodestreamHeader(codestream), codestream, true)).toThrow('15625 bytes cannot hold')
  })

  it('of more and smaller tiles than any encoder makes are corrupt', () => {
    expect(() => readCodestreamHeader(forged(1000, 31, 1))).toThrow('smaller than any encoder makes them')
    expect(readCodestreamHeader(forged(1000, 33, 1)).tileParts?.tiles).toBe(961)
    expect(readCodestreamHeader(forged(2048, 32, 1)).tileParts?.tiles).toBe(4096)
  })

  it('of more packets than bytes are corrupt', async () => {
    const codestream = await encoded('jpeg-2000-lossless')
    const cod = Buffer.from(codestream).indexOf(Buffer.from([0xff, 0x52]))
    expect(() => check(changed(codestream, (view) => view.setUint16(cod + 6, 65535)))).toThrow(
      'too short for its layers and resolutions',
    )
  })
})

describe('the JPEG header', () => {
  it.each([0x01, 0xd0, 0xd7, 0xd8])('with marker %d, which has no length, is corrupt', (marker) => {
    const jpeg = Uint8Array.from([0xff, 0xd8, 0xff, marker, 0, 2, ...frame, ...table])
    expect(() => readCodestreamHeader(jpeg)).toThrow('stands where none may')
  })
})

describe('a JP2 file', () => {
  it.each([
    ['a length of 32 bits', [0, 0, 0, 12], []],
    ['a length of 64 bits', [0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 20]],
    ['no length', [0, 0, 0, 0], []],
  ])('gives its codestream where the box has %s', (_, length, longLength) => {
    const signature = [0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20, 13, 10, 0x87, 10]
    const box = [...length, ...Buffer.from('jp2c'), ...longLength, 1, 2, 3, 4]
    expect([...unboxJpeg2000(Uint8Array.from([...signature, ...box]))]).toEqual([1, 2, 3, 4])
  })
})
