import type { RejectionCode } from './errors.ts'
import type { ImageSize } from './geometry.ts'
import type { GreyImage } from './grey-image.ts'
import type { Tensor } from './tensor.ts'

/*
 * What the domain needs of the outside. Object store and queue have an adapter for one machine and one for AWS, which
 * pass the same tests (test/contracts).
 */

/** Objects by key: `/`-separated, UTF-8, at most 1,024 bytes. */
export interface ObjectStore {
  /** @throws {ObjectNotFoundError} */
  get(key: string): Promise<Uint8Array>
  /** `ifAbsent`: writes only when no object has the key; resolves false when one has. Never leaves half an object. */
  put(key: string, body: Uint8Array, options?: { ifAbsent?: boolean; contentType?: string }): Promise<boolean>
  exists(key: string): Promise<boolean>
  delete(key: string): Promise<void>
  /** Keys under a prefix in byte order. */
  list(prefix: string): AsyncIterable<string>
}

export class ObjectNotFoundError extends Error {
  override readonly name = 'ObjectNotFoundError'
  readonly key: string
  constructor(key: string, options?: ErrorOptions) {
    super('no object has this key', options)
    this.key = key
  }
}

/** A message taken from a queue: invisible to other takers until its visibility ends. */
export interface ReceivedJob {
  /** Names the message, in every delivery the same. */
  readonly messageId: string
  readonly body: string
  /** The delivery's receipt handle: a later delivery of the same message has another. */
  readonly receipt: string
  /** 1 on the first delivery. */
  readonly receiveCount: number
}

/** At-least-once delivery with visibility timeout and a dead-letter queue after too many deliveries. */
export interface JobQueue {
  /** `group`: where the queue supports it, many messages of one group do not hold up those of another. */
  send(body: string, options?: { group?: string }): Promise<void>
  /** Up to `maximum` messages; an empty list when none is visible within `waitMs`. */
  receive(maximum: number, options: { visibilityMs: number; waitMs: number }): Promise<ReceivedJob[]>
  /** Removes a message whose work is done. The receipt of an earlier delivery is no error; it may have no effect. */
  acknowledge(receipt: string): Promise<void>
  /** Makes this delivery's visibility end `visibilityMs` from now; 0 gives the message back at once. */
  extend(receipt: string, visibilityMs: number): Promise<void>
  /** Moves the message to the dead letters now. A crash in between may leave it in both queues, never in neither. */
  setAside(job: ReceivedJob): Promise<void>
  /** Approximate number of messages, visible or not. */
  depth(): Promise<number>
}

/** One loaded network. */
export interface InferenceSession {
  /** Runs the network on one input tensor. @returns its outputs by name. */
  run(input: Tensor): Promise<ReadonlyMap<string, Tensor>>
  close(): Promise<void>
}

/** Unit: milliseconds. `now` counts from the Unix epoch; `monotonic` never goes back. */
export interface Clock {
  now(): number
  monotonic(): number
}

/** Publishes what became of a study, at least once; receivers recognise repetitions by `resultKey`. */
export interface EventSink {
  emit(detailType: 'Finding Ready' | 'Study Not Analysed', detail: StudyEvent): Promise<void>
}

/** Pointers only, no patient data, nothing of the sender's key. */
export interface StudyEvent {
  readonly schemaVersion: 1
  readonly tenant: string
  readonly imageId: string
  readonly outcome: 'suspected' | 'not-suspected' | 'not-analysed'
  readonly discordant: boolean
  /** The coded reason when not analysed; null otherwise. */
  readonly reason: RejectionCode | null
  readonly lane: 'stat' | 'routine'
  /** Key of result.json. */
  readonly resultKey: string
  /** What the images of its study that are known so far say together; null where its file names no study. */
  readonly study: StudySummary | null
}

/** A study result in short. */
export interface StudySummary {
  readonly studyDigest: string
  readonly outcome: 'suspected' | 'not-suspected' | 'incomplete' | 'not-analysed'
  readonly images: number
  readonly notAnalysed: number
}

/** A greyscale frame as a codec returns it. */
export interface DecodedFrame extends ImageSize {
  /** Row-major, one sample per pixel. Signed arrays hold sign-extended values. */
  readonly values: Uint8Array | Int8Array | Uint16Array | Int16Array
}

/** A frame decoded from its codestream. */
export interface DecodedCodestream extends DecodedFrame {
  /** The codec met data that no encoder writes, and went on: part of the picture is not what was sent. */
  readonly isDamaged: boolean
}

/** What a compressed frame is by its own header, whatever the transfer syntax declares. */
export type CodestreamKind =
  | 'jpeg-8' // baseline or extended sequential DCT of 8 bits
  | 'jpeg-12' // extended sequential DCT of 12 bits
  | 'jpeg-lossless'
  | 'jpeg-ls'
  | 'jpeg-2000'
  | 'htj2k'

/** A compressed frame whose header has been checked against the data set. */
export interface EncodedFrame extends ImageSize {
  readonly kind: CodestreamKind
  /** The whole frame, fragments joined. */
  readonly codestream: Uint8Array
  /** As the codestream itself states it; the data set may differ. */
  readonly bitsAllocated: 8 | 16
  readonly bitsStored: number
  readonly signed: boolean
}

/** A decoded PNG or JPEG, upright (EXIF orientation applied), reduced to luminance. */
export interface Raster extends ImageSize {
  readonly values: Uint8Array | Uint16Array
  readonly bitsStored: 8 | 16
  /** True when the picture has colours (its channels differ visibly): not a radiograph. */
  readonly colourful: boolean
  /** It was decoded, but holds data that no encoder writes. */
  readonly isDamaged: boolean
}

/** Decoders and encoders of compressed pixels: libraries, which stay outside the domain. */
export interface PixelCodecs {
  /** @throws {StudyRejectedError} corrupt-pixel-data, time-limit */
  decodeFrame(frame: EncodedFrame): Promise<DecodedCodestream>
  /** @throws {StudyRejectedError} not-an-image, truncated, too-large, corrupt-pixel-data */
  decodeRaster(bytes: Uint8Array, limits?: { maximumPixels: number }): Promise<Raster>
  /** 8-bit greyscale PNG. */
  encodeGreyPng(image: GreyImage): Promise<Uint8Array>
}
