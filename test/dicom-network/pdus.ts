import { connect, type Socket } from 'node:net'

/*
 * PDUs written by hand, so that the tests can also write wrong ones. @see DICOM PS3.8 9.3, PS3.7 E
 */

export const computedRadiography = '1.2.840.10008.5.1.4.1.1.1'
export const verification = '1.2.840.10008.1.1'
export const explicitLittle = '1.2.840.10008.1.2.1'

export interface ProposedContext {
  readonly id: number
  readonly abstractSyntax: string
  readonly transferSyntaxes: readonly string[]
}

export const pdu = (type: number, body: Buffer): Buffer => {
  const header = Buffer.alloc(6)
  header[0] = type
  header.writeUInt32BE(body.length, 2)
  return Buffer.concat([header, body])
}

const item = (type: number, body: Buffer): Buffer => {
  const header = Buffer.alloc(4)
  header[0] = type
  header.writeUInt16BE(body.length, 2)
  return Buffer.concat([header, body])
}

const text = (value: string): Buffer => Buffer.from(value, 'latin1')

export function associateRequest(
  contexts: readonly ProposedContext[],
  { called = 'PLEURA', calling = 'TEST' }: { called?: string; calling?: string } = {},
): Buffer {
  const proposed = contexts.map(({ id, abstractSyntax, transferSyntaxes }) =>
    item(
      0x20,
      Buffer.concat([
        Buffer.of(id, 0, 0, 0),
        item(0x30, text(abstractSyntax)),
        ...transferSyntaxes.map((uid) => item(0x40, text(uid))),
      ]),
    ),
  )
  const maximumLength = Buffer.alloc(4)
  maximumLength.writeUInt32BE(16_384)
  return pdu(
    0x01,
    Buffer.concat([
      Buffer.of(0, 1, 0, 0),
      text(called.padEnd(16)),
      text(calling.padEnd(16)),
      Buffer.alloc(32),
      item(0x10, text('1.2.840.10008.3.1.1.1')),
      ...proposed,
      item(0x50, Buffer.concat([item(0x51, maximumLength), item(0x52, text('1.2.3.4'))])),
    ]),
  )
}

/** One fragment in one PDU. */
export function fragment(
  context: number,
  body: Buffer,
  { isCommand, isLast }: { isCommand: boolean; isLast: boolean },
): Buffer {
  const header = Buffer.alloc(6)
  header.writeUInt32BE(body.length + 2)
  header[4] = context
  header[5] = (isCommand ? 1 : 0) | (isLast ? 2 : 0)
  return pdu(0x04, Buffer.concat([header, body]))
}

function commandSet(elements: readonly (readonly [number, Buffer])[]): Buffer {
  const encode = ([number, value]: readonly [number, Buffer]): Buffer => {
    const header = Buffer.alloc(8)
    header.writeUInt16LE(number, 2)
    header.writeUInt32LE(value.length, 4)
    return Buffer.concat([header, value])
  }
  const rest = Buffer.concat(elements.map(encode))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(rest.length)
  return Buffer.concat([encode([0x0000, length]), rest])
}

const us = (value: number): Buffer => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}
const ui = (value: string): Buffer => text(value.length % 2 === 0 ? value : `${value}\0`)

export interface StoreRequest {
  readonly sopClassUid?: string
  readonly sopInstanceUid?: string
  /** @default true */
  readonly hasDataSet?: boolean
}

export const storeCommand = ({
  sopClassUid = computedRadiography,
  sopInstanceUid = '1.2.3.4.5',
  hasDataSet = true,
}: StoreRequest = {}): Buffer =>
  commandSet([
    [0x0002, ui(sopClassUid)],
    [0x0100, us(0x0001)],
    [0x0110, us(7)],
    [0x0700, us(0)],
    [0x0800, us(hasDataSet ? 0x0000 : 0x0101)],
    [0x1000, ui(sopInstanceUid)],
  ])

export const echoCommand = (): Buffer =>
  commandSet([
    [0x0002, ui(verification)],
    [0x0100, us(0x0030)],
    [0x0110, us(3)],
    [0x0800, us(0x0101)],
  ])

export const findCommand = (): Buffer =>
  commandSet([
    [0x0002, ui(computedRadiography)],
    [0x0100, us(0x0020)],
    [0x0110, us(3)],
    [0x0700, us(0)],
    [0x0800, us(0x0000)],
  ])

export const releaseRequest = pdu(0x05, Buffer.alloc(4))

/** The Status (0000,0900) of an answer. */
export function statusIn(presentationData: Buffer): number {
  for (let at = 12; at + 8 <= presentationData.length; ) {
    const element = presentationData.readUInt16LE(at + 2)
    if (element === 0x0900) return presentationData.readUInt16LE(at + 8)
    at += 8 + presentationData.readUInt32LE(at + 4)
  }
  throw new Error('the answer has no status')
}

/** A peer that sends what it is told and gathers the PDUs that come back. */
export class Peer {
  readonly socket: Socket
  readonly #pdus: Buffer[] = []
  #bytes = Buffer.alloc(0)
  #isClosed = false
  #wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      while (this.#bytes.length >= 6 && this.#bytes.length >= 6 + this.#bytes.readUInt32BE(2)) {
        const length = 6 + this.#bytes.readUInt32BE(2)
        this.#pdus.push(this.#bytes.subarray(0, length))
        this.#bytes = this.#bytes.subarray(length)
      }
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  static async connect(port: number): Promise<Peer> {
    const socket = connect(port, '127.0.0.1')
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new Peer(socket)
  }

  /** With an association over these contexts. */
  static async associate(port: number, contexts: readonly ProposedContext[] = [radiographs]): Promise<Peer> {
    const peer = await Peer.connect(port)
    peer.send(associateRequest(contexts))
    const answer = await peer.next()
    if (answer?.[0] !== 0x02) throw new Error('no association')
    return peer
  }

  send(...pdus: readonly Buffer[]): void {
    for (const bytes of pdus) this.socket.write(bytes)
  }

  /** The next PDU; null when the connection has ended. */
  async next(): Promise<Buffer | null> {
    while (this.#pdus.length === 0) {
      if (this.#isClosed) return null
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#pdus.shift()!
  }

  /** Resolves when the other side has closed; gives back the types of the PDUs that came before. */
  async closed(): Promise<number[]> {
    const types: number[] = []
    for (let answer = await this.next(); answer; answer = await this.next()) types.push(answer[0])
    return types
  }

  /** Sends one object and returns the status it is answered with. */
  async store(dataSet: Buffer, request: StoreRequest = {}, context = 1): Promise<number> {
    this.send(fragment(context, storeCommand(request), { isCommand: true, isLast: true }))
    for (let at = 0; at < dataSet.length; at += 100_000) {
      const isLast = at + 100_000 >= dataSet.length
      this.send(fragment(context, dataSet.subarray(at, at + 100_000), { isCommand: false, isLast }))
    }
    return statusIn((await this.next())!)
  }
}

export const radiographs: ProposedContext = {
  id: 1,
  abstractSyntax: computedRadiography,
  transferSyntaxes: [explicitLittle],
}
