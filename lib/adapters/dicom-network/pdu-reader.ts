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

/** By type, what may come from a requestor. Unit: bytes. */
const fromRequestor: Readonly<Record<number, number>> = {
  [pduTypes.associateRequest]: maximumAssociateBytes,
  [pduTypes.presentationData]: maximumPduBytes,
  [pduTypes.releaseRequest]: 4,
  [pduTypes.abort]: 4,
}

/** PDU types with which an acceptor answers. @see DICOM PS3.8 9.3 */
export const answerTypes = { associateAccept: 0x02, associateReject: 0x03, releaseResponse: 0x06 } as const

/** By type, what may come from an acceptor. Unit: bytes. */
export const fromAcceptor: Readonly<Record<number, number>> = {
  [answerTypes.associateAccept]: maximumAssociateBytes,
  [answerTypes.associateReject]: 4,
  [pduTypes.presentationData]: maximumPduBytes,
  [pduTypes.releaseRequest]: 4,
  [answerTypes.releaseResponse]: 4,
  [pduTypes.abort]: 4,
}

/** Cuts what arrives into whole PDUs. Nothing is allocated by what a peer declares: a longer one is refused at its header. */
export class PduReader {
  readonly #maximumBytes: Readonly<Record<number, number>>
  #chunks: Buffer[] = []
  #bytes = 0

  /** @param maximumBytes Of each type that may come. */
  constructor(maximumBytes: Readonly<Record<number, number>> = fromRequestor) {
    this.#maximumBytes = maximumBytes
  }

  /**
   * The PDUs that are whole now, header included.
   * @throws {ProtocolError}
   */
  push(chunk: Buffer): Buffer[] {
    const pdus: Buffer[] = []
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    while (this.#bytes >= headerBytes) {
      if (this.#chunks[0].length < headerBytes) this.#chunks = [Buffer.concat(this.#chunks)]
      const length = headerBytes + this.#declaredLength(this.#chunks[0])
      if (this.#bytes < length) break
      pdus.push(this.#take(length))
    }
    return pdus
  }

  /** Copied only where it lies in several chunks, and nothing but itself: copies are what receiving costs. */
  #take(length: number): Buffer {
    this.#bytes -= length
    const [first] = this.#chunks
    if (first.length > length) {
      this.#chunks[0] = first.subarray(length)
      return first.subarray(0, length)
    }
    const parts: Buffer[] = []
    for (let missing = length; missing > 0; ) {
      const chunk = this.#chunks[0]
      const part = chunk.subarray(0, missing)
      parts.push(part)
      missing -= part.length
      if (part.length === chunk.length) this.#chunks.shift()
      else this.#chunks[0] = chunk.subarray(part.length)
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts, length)
  }

  #declaredLength(header: Buffer): number {
    const most = this.#maximumBytes[header[0]]
    if (most === undefined) throw new ProtocolError(`a PDU of type ${header[0]}`)
    const length = header.readUInt32BE(2)
    if (length > most) throw new ProtocolError(`a PDU of type ${header[0]} with ${length} bytes`)
    return length
  }
}
