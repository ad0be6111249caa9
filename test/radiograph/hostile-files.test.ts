import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, deflateRawSync } from 'node:zlib'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jpeg2000Header, jpegHeader } from './build-codestream.ts'
import { buildDicom, encodeElement, encodeHeader, syntaxes } from './build-dicom.ts'

/** What a file may add to the process before it is refused. Unit: bytes. */
const maximumExtraBytes = 300_000_000
/** A guard against hanging, not a measure of speed: the machine may be busy. */
const hangMs = 10_000

const explicit = { explicit: true, big: false }
const folder = mkdtempSync(join(tmpdir(), 'pleura-hostile-'))
const program = join(folder, 'measure-rejection.mjs')

beforeAll(async () => {
  const entryPoints = [join(import.meta.dirname, 'measure-rejection.ts')]
  await build({ entryPoints, bundle: true, platform: 'node', format: 'esm', target: 'node20', outfile: program })
})
afterAll(() => rmSync(folder, { recursive: true }))

const header = buildDicom({ pixels: null }).subarray(0, 132)
const part10 = (transferSyntax: string, ...body: Uint8Array[]): Uint8Array =>
  Buffer.concat([header, encodeElement([0x0002, 0x0010, 'UI', transferSyntax], explicit), ...body])
/** Deflated zeros after a first part, without ever holding them: blocks that end in a full flush can be repeated. */
const deflatedZeros = (first: Uint8Array, mebibytes: number): Uint8Array => {
  const flush = { level: 1, finishFlush: constants.Z_FULL_FLUSH }
  const block = deflateRawSync(Buffer.alloc(2 ** 20), flush)
  const blocks = Array.from({ length: mebibytes }, () => block)
  return part10(syntaxes.deflated, deflateRawSync(first, flush), ...blocks, deflateRawSync(Buffer.alloc(0)))
}
const open = [
  encodeHeader(0x0009, 0x1001, 'SQ', 0xffffffff, explicit),
  encodeHeader(0xfffe, 0xe000, '', 0xffffffff, { explicit: false, big: false }),
]

/** A file of so many rows and columns, its frame of the same size by its own header. */
const forged = (transferSyntax: string, sideLength: number, ...frame: Uint8Array[]): Uint8Array =>
  buildDicom({
    transferSyntax,
    fragments: [Buffer.concat([...frame, Buffer.from([0xff, 0xd9])])],
    elements: [
      [0x0028, 0x0010, 'US', sideLength],
      [0x0028, 0x0011, 'US', sideLength],
    ],
  })
/** SOT of the first tile, its length left open, and SOD. */
const tilePart = Buffer.from('ff90000a0000000000000001ff93', 'hex')
const jpeg2000Of = (rows: number, tile: number): Uint8Array =>
  jpeg2000Header({ rows, columns: rows, tile }).subarray(0, -2)
/** One code, a single bit, for any sample. */
const oneCode = Buffer.from(`ffc4001400${'01'.padEnd(32, '0')}00`, 'hex')
const losslessScan = Buffer.from('ffda0008010100010000', 'hex')

describe('a hostile file', () => {
  it.each([
    [
      'with a length beyond the end',
      () => part10(syntaxes.explicit, encodeHeader(0x0009, 0x1001, 'UT', 0xfffffff0, explicit)),
      'truncated',
    ],
    [
      'with a million open sequences',
      () => part10(syntaxes.explicit, Buffer.concat(Array.from({ length: 1_000_000 }, () => open).flat())),
      'too-complex',
    ],
    [
      'with two million elements',
      () => part10(syntaxes.explicit, Buffer.alloc(16_000_000, encodeHeader(0x0009, 0x1001, 'LO', 0, explicit))),
      'too-complex',
    ],
    [
      'of 65,535 × 65,535 pixels',
      () =>
        buildDicom({
          elements: [
            [0x0028, 0x0010, 'US', 65535],
            [0x0028, 0x0011, 'US', 65535],
          ],
        }),
      'too-large',
    ],
    ['of 2,147,483,647 frames', () => buildDicom({ elements: [[0x0028, 0x0008, 'IS', '2147483647']] }), 'multi-frame'],
    [
      'that inflates to 1 GiB before its pixels',
      () => deflatedZeros(encodeHeader(0x0009, 0x1001, 'UN', 2 ** 30, explicit), 1024),
      'too-large',
    ],
    [
      'with a forged size in its codestream',
      () =>
        buildDicom({
          transferSyntax: syntaxes.jpeg2000,
          fragments: [jpeg2000Header({ rows: 0x7fffffff, columns: 0x7fffffff })],
        }),
      'inconsistent-pixel-data',
    ],
    [
      'of 8,000 × 8,000 pixels of JPEG 2000 in a few bytes',
      () => forged(syntaxes.jpeg2000, 8000, jpeg2000Of(8000, 8000), tilePart, Buffer.alloc(100_000, 0x55)),
      'corrupt-pixel-data',
    ],
    [
      'of 62,500 tiles of JPEG 2000, of which one is there',
      () => forged(syntaxes.jpeg2000, 1000, jpeg2000Of(1000, 4), tilePart),
      'corrupt-pixel-data',
    ],
    [
      'of 8,000 × 8,000 pixels of JPEG lossless in a few bytes',
      () => {
        const header = jpegHeader(0xc3, { rows: 8000, columns: 8000 }).subarray(0, -4)
        return forged(syntaxes.jpegLossless, 8000, header, oneCode, losslessScan, Buffer.alloc(100_000))
      },
      'corrupt-pixel-data',
    ],
    [
      'with a JPEG marker that has no length',
      () => forged(syntaxes.jpegLossless, 130, Buffer.from('ffd8ff010010', 'hex'), Buffer.alloc(1000)),
      'corrupt-pixel-data',
    ],
    [
      'with a LUT that is not there',
      () =>
        buildDicom({
          elements: [
            [0x0028, 0x3010, 'SQ', [[[0x0028, 0x3002, 'US', [0, 0, 16]]]]],
            [0x0028, 0x0010, 'US', 20000],
          ],
        }),
      'inconsistent-pixel-data',
    ],
  ])('%s is refused within 300 MB', (_, file, code) => {
    const path = join(folder, 'file.dcm')
    writeFileSync(path, file())
    const found = JSON.parse(execFileSync(process.execPath, [program, path], { encoding: 'utf8', timeout: 6 * hangMs }))
    expect(found.code).toBe(code)
    expect(found.extraBytes).toBeLessThan(maximumExtraBytes)
    expect(found.milliseconds).toBeLessThan(hangMs)
  })
})
