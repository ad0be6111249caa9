/** The peer breaks the protocol, or asks for more than it may: the association is aborted. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

/** PDU types that a requestor sends. @see DICOM PS3.8 9.3 */
export const pduTypes = { associateRequest: 0x01, presentationData: 0x04, releaseRequest: 0x05, abort: 0x07 } as const

/** The longest PDU that we announce to take, and DCMTK sends. Unit: bytes. */
export const maximumPduBytes = 131_072

const headerBytes = 6
/** 128 presentation contexts of a hundred transfer syntaxes each. */
const maximumAssociateBytes = 1024 * 1024

const maximumBytes: Readonly<Record<number, number>> = {
  [pduTypes.associateRequest]: maximumAssociateBytes,
  [pduTypes.presentationData]: maximumPduBytes,
  [pduTypes.releaseRequest]: 4,
  [pduTypes.abort]: 4,
}

/** Cuts what arrives into whole PDUs. Nothing is allocated by what a peer declares: a longer one is refused at its header. */
export class PduReader {
  #chunks: Buffer[] = []
  #bytes = 0

  /**
   * The PDUs that are whole now, header included.
   * @throws {ProtocolError}
   */
  push(chunk: Buffer): Buffer[] {
    const pdus: Buffer[] = []
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    while (this.#bytes >= headerBytes) {
      const length = headerBytes + declaredLength(this.#front(headerBytes))
      if (this.#bytes < length) break
      const all = this.#front(length)
      this.#chunks = all.length > length ? [all.subarray(length)] : []
      this.#bytes -= length
      pdus.push(all.subarray(0, length))
    }
    return pdus
  }

  /** The first chunk, joined with those behind it only when it alone is too short. */
  #front(bytes: number): Buffer {
    if (this.#chunks[0].length < bytes) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]
  }
}

function declaredLength(header: Buffer): number {
  const most = maximumBytes[header[0]]
  if (most === undefined) throw new ProtocolError(`a PDU of type ${header[0]}`)
  const length = header.readUInt32BE(2)
  if (length > most) throw new ProtocolError(`a PDU of type ${header[0]} with ${length} bytes`)
  return length
}
