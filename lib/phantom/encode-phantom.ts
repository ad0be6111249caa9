import { writeDicom } from './dicom-writer.ts'
import { encodeFrame } from './encode-frame.ts'
import type { Phantom } from './phantom.ts'
import { type PhantomFormat, type PhantomIdentity, phantomElements } from './phantom-elements.ts'

/** A phantom as a DICOM Part 10 file. */
export async function encodePhantom(
  phantom: Phantom,
  format: PhantomFormat,
  identity: PhantomIdentity,
): Promise<Buffer> {
  const { rows, columns } = phantom
  const values = storedValues(phantom, format)
  const bytes = await encodeFrame({ rows, columns, values, bitsStored: format.bitsStored }, format.syntax)
  return writeDicom(
    phantomElements(phantom.description, { rows, columns }, format, identity),
    { bytes, bitsAllocated: format.bitsStored > 8 ? 16 : 8 },
    format.syntax,
  )
}

/** The values as stored: scaled to the bit depth, inverted for MONOCHROME1. */
export function storedValues(
  { values }: Phantom,
  { bitsStored, photometric }: Pick<PhantomFormat, 'bitsStored' | 'photometric'>,
): Uint8Array | Uint16Array {
  const highest = 2 ** bitsStored - 1
  const stored = bitsStored > 8 ? new Uint16Array(values.length) : new Uint8Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const scaled = Math.round((values[i] * highest) / 4095)
    stored[i] = photometric === 'MONOCHROME1' ? highest - scaled : scaled
  }
  return stored
}
