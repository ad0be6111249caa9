import { drawPhantom } from '../../lib/phantom/draw-phantom.ts'
import { encodeFrame } from '../../lib/phantom/encode-frame.ts'
import { storedValues } from '../../lib/phantom/encode-phantom.ts'
import type { PhantomFormat } from '../../lib/phantom/phantom-elements.ts'
import { planPhantom } from '../../lib/phantom/plan-phantom.ts'
import { type TransferSyntax, transferSyntaxes } from '../../lib/phantom/transfer-syntax.ts'
import { buildDicom } from '../radiograph/build-dicom.ts'

/** A compressed frame of a phantom, with what the data set around it has to say. */
export interface MadeFrame {
  readonly codec: string
  readonly transferSyntax: string
  readonly bytes: Uint8Array
  readonly rows: number
  readonly columns: number
  readonly bitsStored: number
}

const codecs: readonly (readonly [
  codec: string,
  syntax: TransferSyntax,
  uid: string | null,
  bits: readonly PhantomFormat['bitsStored'][],
])[] = [
  ['RLE', 'rle', null, [8, 12, 16]],
  ['JPEG baseline', 'jpeg-baseline', null, [8]],
  ['JPEG extended, 12 bits', 'jpeg-baseline', '1.2.840.10008.1.2.4.51', [8]],
  ['JPEG lossless', 'jpeg-lossless-sv1', null, [8, 12, 16]],
  ['JPEG-LS', 'jpeg-ls-lossless', null, [8, 12, 16]],
  ['JPEG 2000', 'jpeg-2000-lossless', null, [8, 12, 16]],
  ['HTJ2K', 'htj2k-lossless', null, [8, 12, 16]],
]

export const codecNames = codecs.map(([codec]) => codec)

/** Phantoms in every compressed syntax and bit depth. */
export async function makeFrames(seed: number, { count = 2, rows = 320, columns = 288 } = {}): Promise<MadeFrame[]> {
  const made: MadeFrame[] = []
  for (let index = 0; index < count; index++) {
    const phantom = drawPhantom(planPhantom(seed, index, { rows, columns }).options)
    for (const [codec, syntax, uid, depths] of codecs) {
      for (const bits of depths) {
        const values = storedValues(phantom, { bitsStored: bits, photometric: 'MONOCHROME2' })
        const encoded = await encodeFrame({ rows, columns, values, bitsStored: bits }, syntax)
        const isExtended = uid !== null
        const bytes = isExtended ? extendTo12Bits(encoded) : encoded
        const bitsStored = isExtended ? 12 : bits
        made.push({ codec, transferSyntax: uid ?? transferSyntaxes[syntax], bytes, rows, columns, bitsStored })
      }
    }
  }
  return made
}

/** A file that holds these bytes as the frame. */
export function wrapFrame(frame: MadeFrame, bytes: Uint8Array = frame.bytes): Uint8Array {
  return buildDicom({
    transferSyntax: frame.transferSyntax,
    fragments: [bytes],
    elements: [
      [0x0028, 0x0010, 'US', frame.rows],
      [0x0028, 0x0011, 'US', frame.columns],
      [0x0028, 0x0100, 'US', frame.bitsStored > 8 ? 16 : 8],
      [0x0028, 0x0101, 'US', frame.bitsStored],
      [0x0028, 0x0102, 'US', frame.bitsStored - 1],
    ],
  })
}

/**
 * A baseline JPEG as one of 12 bits: the same coefficients, 16 times as coarse, in an extended sequential frame. There
 * is no encoder for it at hand. @see ITU-T T.81 B.2.2, B.2.4.1
 */
export function extendTo12Bits(jpeg: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [jpeg.subarray(0, 2)]
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)
  for (let offset = 2; ; ) {
    const marker = jpeg[offset + 1]
    const end = offset + 2 + view.getUint16(offset + 2)
    const segment = jpeg.slice(offset, end)
    if (marker === 0xdb) parts.push(...coarserTables(segment))
    else if (marker === 0xc0) {
      segment[1] = 0xc1
      segment[4] = 12
      parts.push(segment)
    } else if (marker === 0xda) return new Uint8Array(Buffer.concat([...parts, jpeg.subarray(offset)]))
    else parts.push(segment)
    offset = end
  }
}

function coarserTables(segment: Uint8Array): Uint8Array[] {
  const tables: Uint8Array[] = []
  for (let at = 4; at < segment.length; at += 65) {
    const table = Buffer.alloc(5 + 128)
    table.writeUInt16BE(0xffdb, 0)
    table.writeUInt16BE(131, 2)
    table[4] = 0x10 | segment[at]
    for (let k = 0; k < 64; k++) table.writeUInt16BE(16 * segment[at + 1 + k], 5 + 2 * k)
    tables.push(table)
  }
  return tables
}
