/**
 * What OpenJPEG printed of one codestream. Its decoder can tell, block by block, whether the arithmetic-coded bytes
 * were used up when the last bit was decoded: of a whole block they are, to within three bytes in all that was
 * examined. It looks only where the codestream promises 'predictable termination', and so each one is made to.
 * The lines are those of OpenJPEG 2.5; the package that holds it is pinned, and a test shows that they still come.
 * @see opj_t1_decode_cblk in openjp2/t1.c
 */
export interface OpenJpegReport {
  /** @throws {Error} at the first line after which the picture is not what was sent: what remains is not worth its time */
  readonly read: (line: string) => void
  readonly clear: () => void
  /** A block of the picture may not be what was sent. */
  readonly isDamaged: () => boolean
}

/** Encoders end blocks in ways that differ by a few bytes; none leaves as many as the second number. Unit: bytes. */
const tolerance = 8
const certainty = 64

export function createOpenJpegReport(): OpenJpegReport {
  let furthestOff = 0
  return {
    read(line) {
      if (line.startsWith('[ERROR]')) throw new Error(line)
      const [, bytes] = /PTERM check failure: (\d+) /.exec(line) ?? []
      if (bytes) furthestOff = Math.max(furthestOff, Number(bytes))
      if (furthestOff > certainty) throw new Error(`a block is ${furthestOff} bytes off`)
    },
    clear() {
      furthestOff = 0
    },
    isDamaged: () => furthestOff > tolerance,
  }
}

const predictableTermination = 0x10

/** Sets the flag in COD and COC of the main header; decoding is the same with and without. @see ITU-T T.800 A.6.1, A.6.2 */
export function requestTerminationCheck(codestream: Uint8Array): void {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength)
  for (let offset = 2; offset + 13 <= codestream.length; offset += 2 + view.getUint16(offset + 2)) {
    const marker = view.getUint16(offset)
    if (marker === 0xff90) return
    if (marker === 0xff52) codestream[offset + 12] |= predictableTermination
    if (marker === 0xff53) codestream[offset + 9] |= predictableTermination
  }
}
