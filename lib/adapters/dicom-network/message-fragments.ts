import { ProtocolError } from './pdu-reader.ts'

export interface MessageLimits {
  /** Of the data set of one message. */
  readonly maximumDataBytes: number
}

const pduHeaderBytes = 6
/** Length, presentation context and message control header. */
const fragmentHeaderBytes = 6
/** A command set is some 200 bytes long. */
const maximumCommandBytes = 16 * 1024

/**
 * Holds the fragments of messages to their order: a command to its end, then its data set to its end, all under one
 * presentation context, and neither without limit. The library behind would join fragments of a command and of a data
 * set into one file.
 * @see DICOM PS3.8 9.3.5, E.2
 */
export class MessageFragments {
  readonly #limits: MessageLimits
  #state: 'between messages' | 'in a command' | 'behind a command' | 'in a data set' = 'between messages'
  #context = 0
  #commandBytes = 0
  #dataBytes = 0

  constructor(limits: MessageLimits) {
    this.#limits = limits
  }

  /**
   * Within a command or within a data set. False between the two: whether a data set follows its command is not known here.
   */
  get isWithinMessage(): boolean {
    return this.#state === 'in a command' || this.#state === 'in a data set'
  }

  /** Unit: bytes of the data set that arrives. */
  get dataBytes(): number {
    return this.#state === 'in a data set' ? this.#dataBytes : 0
  }

  /** Takes one P-DATA-TF. @throws {ProtocolError} */
  take(pdu: Buffer): void {
    for (let at = pduHeaderBytes; at < pdu.length; ) {
      if (at + fragmentHeaderBytes > pdu.length) throw new ProtocolError('a fragment without its header')
      const length = pdu.readUInt32BE(at)
      if (length < 2 || at + 4 + length > pdu.length) throw new ProtocolError(`a fragment of ${length} bytes`)
      const control = pdu[at + 5]
      this.#takeFragment(pdu[at + 4], (control & 1) === 1, (control & 2) === 2, length - 2)
      at += 4 + length
    }
  }

  #takeFragment(context: number, isCommand: boolean, isLast: boolean, bytes: number): void {
    if (isCommand) {
      if (this.#state === 'in a data set') throw new ProtocolError('a command within a data set')
      if (this.#state === 'in a command') this.#assertSame(context)
      else this.#begin(context)
      this.#commandBytes += bytes
      if (this.#commandBytes > maximumCommandBytes) throw new ProtocolError('a command without an end')
      this.#state = isLast ? 'behind a command' : 'in a command'
      return
    }
    if (this.#state !== 'behind a command' && this.#state !== 'in a data set') {
      throw new ProtocolError('a data set without a command')
    }
    this.#assertSame(context)
    this.#dataBytes += bytes
    if (this.#dataBytes > this.#limits.maximumDataBytes) throw new ProtocolError('a data set without an end')
    this.#state = isLast ? 'between messages' : 'in a data set'
  }

  #begin(context: number): void {
    this.#context = context
    this.#commandBytes = 0
    this.#dataBytes = 0
  }

  #assertSame(context: number): void {
    if (context !== this.#context) throw new ProtocolError('a message under two presentation contexts')
  }
}
