import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { KeptObject } from '../embedded/arriving-file.ts'
import type { Inbox } from '../embedded/inbox.ts'
import { MessageFragments } from './message-fragments.ts'
import { maximumPduBytes, PduReader, ProtocolError, pduTypes } from './pdu-reader.ts'
import { type AssociationRefusal, StorageScp } from './storage-scp.ts'

/**
 * The longest data set, in objects of the largest size: one that is refused is read to its end all the same, so that its
 * sender gets a status; only one that goes on beyond this is aborted.
 */
const longestDataSet = 2
/** Of the data set of any other request, which the library gathers in memory. Unit: bytes. */
const maximumUnstoredBytes = 2 * maximumPduBytes
/** How long a peer has to take the last answer. Unit: ms. */
const lingerMs = 1000
/** How long a new connection has to ask for an association. Unit: ms. */
const requestMs = 10_000

export interface DicomConnectionParts {
  readonly inbox: Inbox
  readonly maximumObjectBytes: number
  /** Without a whole PDU the association ends. Unit: ms. */
  readonly idleMs: number
  readonly judge: (calledAeTitle: string, callingAeTitle: string) => AssociationRefusal | null
  readonly onRefused: (refusal: AssociationRefusal) => void
  readonly onKept: (kept: KeptObject) => void
  readonly onNotKept: (cause: unknown) => void
  /** The association ends otherwise than by the peer's release. */
  readonly onBroken: (reason: 'protocol-error' | 'defect' | 'idle' | 'aborted' | 'connection-lost') => void
}

/**
 * Stands between a socket and the library: hands it whole PDUs in a legal order, one at a time, and slows the peer
 * down to the speed of the disk. The library itself gathers whatever length a peer declares and ends no connection.
 */
export class DicomConnection {
  readonly #socket: Socket
  readonly #parts: DicomConnectionParts
  readonly #reader = new PduReader()
  readonly #fragments: MessageFragments
  readonly #facade = new PduSocket((bytes) => this.#write(bytes))
  readonly #scp: StorageScp
  #idle: NodeJS.Timeout
  #isAssociated = false
  #isDraining = false
  #isOver = false

  constructor(socket: Socket, parts: DicomConnectionParts) {
    this.#socket = socket
    this.#parts = parts
    this.#fragments = new MessageFragments({ maximumDataBytes: longestDataSet * parts.maximumObjectBytes })
    this.#idle = this.#breakAfter(Math.min(parts.idleMs, requestMs))
    this.#scp = new StorageScp(this.#facade as unknown as Socket, {
      inbox: parts.inbox,
      judge: parts.judge,
      onRefused: (refusal) => {
        parts.onRefused(refusal)
        this.#finish()
      },
      onKept: parts.onKept,
      onNotKept: parts.onNotKept,
      onAnswered: () => this.#continueDraining(),
      onReleased: () => this.#finish(),
      onAborted: () => this.#break('aborted'),
      onDefect: () => this.#break('defect'),
    })
    this.#scp.on('networkError', () => this.#break('protocol-error'))
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', () => this.#break('connection-lost'))
    socket.on('end', () => this.#break('connection-lost'))
    socket.on('close', () => this.#break('connection-lost'))
  }

  /** Ends the association once what is under way is answered. */
  drain(): void {
    this.#isDraining = true
    this.#continueDraining()
  }

  /** Ends it now. */
  close(): void {
    this.#end()
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    try {
      for (const pdu of this.#reader.push(chunk)) {
        if (this.#isOver) return
        this.#assertExpected(pdu)
        this.#idle.refresh()
        this.#facade.emit('data', pdu)
      }
    } catch (error) {
      // Nothing that a peer sends may end the program, not even where it finds a mistake of ours.
      this.#break(error instanceof ProtocolError ? 'protocol-error' : 'defect')
      return
    }
    this.#waitForDisk()
  }

  #assertExpected(pdu: Buffer): void {
    const isRequest = pdu[0] === pduTypes.associateRequest
    if (isRequest === this.#isAssociated) throw new ProtocolError('a PDU out of turn')
    if (isRequest) {
      this.#isAssociated = true
      clearTimeout(this.#idle)
      this.#idle = this.#breakAfter(this.#parts.idleMs)
    }
    if (pdu[0] === pduTypes.presentationData) this.#fragments.take(pdu)
    if (this.#fragments.dataBytes > maximumUnstoredBytes && !this.#scp.arriving) {
      throw new ProtocolError('a data set that is not stored')
    }
  }

  /** A peer that is faster than the disk waits, and memory does not grow. */
  #waitForDisk(): void {
    const file = this.#scp.arriving
    if (!file?.writableNeedDrain || this.#socket.isPaused()) return
    this.#socket.pause()
    file.once('drain', () => {
      this.#idle.refresh()
      this.#socket.resume()
    })
  }

  #continueDraining(): void {
    if (!this.#isDraining || this.#isOver || this.#scp.underWay > 0 || this.#fragments.isWithinMessage) return
    if (this.#isAssociated) this.#scp.sendAbort()
    this.#finish()
  }

  #breakAfter(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      // The idle time counts waiting for the sender, not for our disk.
      const isOurs = this.#socket.isPaused() || (this.#scp.underWay > 0 && !this.#scp.arriving)
      if (isOurs) this.#idle.refresh()
      else this.#break('idle')
    }, ms)
  }

  #break(reason: Parameters<DicomConnectionParts['onBroken']>[0]): void {
    if (this.#isOver) return
    if (reason !== 'aborted' && reason !== 'connection-lost' && this.#isAssociated) this.#scp.sendAbort()
    this.#parts.onBroken(reason)
    this.#finish()
  }

  /** The last answer still goes out. */
  #finish(): void {
    this.#end()
    this.#socket.end()
    setTimeout(() => this.#socket.destroy(), lingerMs).unref()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#idle)
    this.#scp.drop()
    // The library stops its timers.
    this.#facade.emit('close')
  }

  #write(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }
}

/** What the library sees of the socket. */
class PduSocket extends EventEmitter {
  readonly write: (bytes: Buffer) => void

  constructor(write: (bytes: Buffer) => void) {
    super()
    this.write = write
  }

  setTimeout(): this {
    return this
  }
}
