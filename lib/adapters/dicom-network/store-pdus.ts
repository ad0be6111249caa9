import { implementationClassUid, implementationVersionName } from './part-ten-head.ts'
import { maximumPduBytes, ProtocolError, pduTypes } from './pdu-reader.ts'

/* What a requestor of C-STORE writes and reads. @see DICOM PS3.8 9.3, PS3.7 9.3.1 */

const applicationContext = '1.2.840.10008.3.1.1.1'
/** Type, reserved byte and length of a PDU; length, context and control header of a value in it. Unit: bytes. */
const pduHeaderBytes = 6
const valueHeaderBytes = 6
/** Of a request and its acceptance, up to their items. Unit: bytes. */
const associateFixedBytes = 68

export interface ProposedContext {
  /** Odd. */
  readonly id: number
  readonly abstractSyntax: string
  readonly transferSyntax: string
}

export interface AcceptedAssociation {
  /** Identifiers of the contexts that were accepted. */
  readonly contexts: ReadonlySet<number>
  /** The longest PDU that the acceptor takes. Unit: bytes without the header. */
  readonly maximumLength: number
}

export function encodeAssociateRequest(
  contexts: readonly ProposedContext[],
  { calledAeTitle, callingAeTitle }: { calledAeTitle: string; callingAeTitle: string },
): Buffer {
  const maximumLength = Buffer.alloc(4)
  maximumLength.writeUInt32BE(maximumPduBytes)
  return pdu(
    0x01,
    Buffer.of(0, 1, 0, 0),
    text(calledAeTitle.padEnd(16)),
    text(callingAeTitle.padEnd(16)),
    Buffer.alloc(32),
    item(0x10, text(applicationContext)),
    ...contexts.map(({ id, abstractSyntax, transferSyntax }) =>
      item(0x20, Buffer.of(id, 0, 0, 0), item(0x30, text(abstractSyntax)), item(0x40, text(transferSyntax))),
    ),
    item(
      0x50,
      item(0x51, maximumLength),
      item(0x52, text(implementationClassUid)),
      item(0x55, text(implementationVersionName)),
    ),
  )
}

/** @throws {ProtocolError} @throws {RangeError} where an item is cut off */
export function parseAssociateAccept(bytes: Buffer): AcceptedAssociation {
  if (bytes.length < pduHeaderBytes + associateFixedBytes) throw new ProtocolError('half an acceptance')
  const contexts = new Set<number>()
  let maximumLength = 0
  for (const { type, value } of itemsIn(bytes.subarray(pduHeaderBytes + associateFixedBytes))) {
    if (type === 0x21 && value[2] === 0) contexts.add(value[0])
    if (type !== 0x50) continue
    for (const sub of itemsIn(value)) if (sub.type === 0x51) maximumLength = sub.value.readUInt32BE()
  }
  // 0: without a limit.
  if (maximumLength === 0) maximumLength = maximumPduBytes
  if (maximumLength < 2 * valueHeaderBytes) throw new ProtocolError(`takes PDUs of ${maximumLength} bytes`)
  return { contexts, maximumLength: Math.min(maximumLength, maximumPduBytes) }
}

/** The command in one PDU, the data set in as many as it needs. */
export function* encodeStore(
  context: number,
  messageId: number,
  object: { readonly sopClassUid: string; readonly sopInstanceUid: string; readonly dataSet: Buffer },
  maximumLength: number,
): Iterable<Buffer> {
  const most = maximumLength - valueHeaderBytes
  const command = encodeCommand([
    [0x0002, uid(object.sopClassUid)],
    [0x0100, us(0x0001)],
    [0x0110, us(messageId)],
    [0x0700, us(0)],
    [0x0800, us(0)],
    [0x1000, uid(object.sopInstanceUid)],
  ])
  yield* fragments(context, 1, command, most)
  yield* fragments(context, 0, object.dataSet, most)
}

export const encodeReleaseRequest = (): Buffer => pdu(pduTypes.releaseRequest, Buffer.alloc(4))

/** Gathers the answer to one request out of the PDUs it comes in. */
export class StoreAnswer {
  readonly #messageId: number
  #command = Buffer.alloc(0)

  constructor(messageId: number) {
    this.#messageId = messageId
  }

  /** @returns the status once the answer is whole @throws {ProtocolError} for anything else than an answer to the request */
  push(presentationData: Buffer): number | null {
    for (let at = pduHeaderBytes; at + valueHeaderBytes <= presentationData.length; ) {
      const length = presentationData.readUInt32BE(at)
      const control = presentationData[at + 5]
      if (length < 2 || (control & 1) === 0) throw new ProtocolError('a data set where an answer was due')
      this.#command = Buffer.concat([this.#command, presentationData.subarray(at + valueHeaderBytes, at + 4 + length)])
      if (this.#command.length > maximumPduBytes) throw new ProtocolError('an endless command')
      if ((control & 2) !== 0) return this.#status()
      at += 4 + length
    }
    return null
  }

  #status(): number {
    const values = new Map<number, number>()
    for (let at = 0; at + 8 <= this.#command.length; ) {
      const length = this.#command.readUInt32LE(at + 4)
      if (length === 2) values.set(this.#command.readUInt16LE(at + 2), this.#command.readUInt16LE(at + 8))
      at += 8 + length
    }
    const status = values.get(0x0900)
    const isAnswer = values.get(0x0100) === 0x8001 && values.get(0x0120) === this.#messageId
    if (!isAnswer || status === undefined) throw new ProtocolError('another command where an answer was due')
    return status
  }
}

function* fragments(context: number, command: 0 | 1, body: Buffer, most: number): Iterable<Buffer> {
  for (let at = 0; at < body.length; at += most) {
    const part = body.subarray(at, at + most)
    const header = Buffer.alloc(valueHeaderBytes)
    header.writeUInt32BE(part.length + 2)
    header[4] = context
    header[5] = command | (at + most >= body.length ? 2 : 0)
    yield pdu(pduTypes.presentationData, header, part)
  }
}

/** In implicit VR little endian, as every command. @see DICOM PS3.7 6.3.1 */
function encodeCommand(elements: readonly (readonly [element: number, value: Buffer])[]): Buffer {
  const encode = ([element, value]: readonly [number, Buffer]): Buffer => {
    const header = Buffer.alloc(8)
    header.writeUInt16LE(element, 2)
    header.writeUInt32LE(value.length, 4)
    return Buffer.concat([header, value])
  }
  const body = Buffer.concat(elements.map(encode))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return Buffer.concat([encode([0x0000, length]), body])
}

function pdu(type: number, ...parts: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(pduHeaderBytes)
  header[0] = type
  header.writeUInt32BE(lengthOf(parts), 2)
  return Buffer.concat([header, ...parts])
}

function item(type: number, ...parts: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(4)
  header[0] = type
  header.writeUInt16BE(lengthOf(parts), 2)
  return Buffer.concat([header, ...parts])
}

function* itemsIn(bytes: Buffer): Iterable<{ type: number; value: Buffer }> {
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt16BE(at + 2)
    yield { type: bytes[at], value: bytes.subarray(at + 4, end) }
    at = end
  }
}

const lengthOf = (parts: readonly Buffer[]): number => parts.reduce((sum, { length }) => sum + length, 0)
const text = (value: string): Buffer => Buffer.from(value, 'latin1')
/** Of even length. */
const uid = (value: string): Buffer => text(value.length % 2 === 0 ? value : `${value}\0`)

function us(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}
