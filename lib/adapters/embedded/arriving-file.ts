import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { linkIfAbsent } from './link-if-absent.ts'
import { syncFolder } from './sync-folder.ts'

/** The sender's object is larger than the policy allows: sending it again changes nothing. */
export class ObjectTooLargeError extends Error {
  override readonly name = 'ObjectTooLargeError'
}

/** What was kept. */
export interface KeptObject {
  /** The first 32 digits of the SHA-256 of the file's bytes: the name of the file, and of its results. */
  readonly imageId: string
  readonly sizeBytes: number
  /** The same bytes had arrived before. */
  readonly duplicate: boolean
}

export interface ArrivingFileOptions {
  /** Where the whole file goes. */
  readonly folder: string
  /** Where it grows until it is whole: on the same file system, left alone by whoever reads `folder`. */
  readonly draft: string
  readonly maximumBytes: number
  /** Asked before the first byte is written. @throws when there is no room */
  readonly assertRoom: () => Promise<void>
}

/** Enough that not every network packet becomes a write to disk. Unit: bytes. */
const bufferedBytes = 4 * 1024 * 1024
/** What is written is flushed so often while the rest arrives: the last flush, which the sender waits for, has less to do. Unit: bytes. */
const flushedBytes = 4 * 1024 * 1024
/** IOV_MAX of Linux and macOS. */
const maximumVectors = 1024

/**
 * An object on its way from the network to disk. What goes wrong is told by `keep`, not by the stream: the sender's
 * bytes are taken to their end, so that it can be answered. Until `keep` resolves there is no file in the folder;
 * after it the file is there whole, whatever happens to the machine.
 */
export class ArrivingFile extends Writable {
  readonly #options: ArrivingFileOptions
  readonly #digest = createHash('sha256')
  #file: FileHandle | null = null
  #failure: Error | null = null
  #sizeBytes = 0
  #isBeingKept = false
  #unflushedBytes = 0
  #flush: Promise<void> | null = null

  constructor(options: ArrivingFileOptions) {
    super({ highWaterMark: bufferedBytes, autoDestroy: false })
    this.#options = options
  }

  override _construct(callback: () => void): void {
    this.#attempt(async () => {
      await this.#options.assertRoom()
      this.#file = await open(this.#options.draft, 'wx')
    }).then(callback)
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this._writev([{ chunk }], callback)
  }

  override _writev(chunks: { chunk: Buffer }[], callback: () => void): void {
    const buffers = chunks.map(({ chunk }) => chunk)
    const bytes = buffers.reduce((sum, { length }) => sum + length, 0)
    this.#sizeBytes += bytes
    if (this.#sizeBytes > this.#options.maximumBytes) {
      this.#failure ??= new ObjectTooLargeError(`the object has more than ${this.#options.maximumBytes} bytes`)
    }
    this.#attempt(async () => {
      for (const buffer of buffers) this.#digest.update(buffer)
      await writeAll(this.#file!, buffers)
      this.#unflushedBytes += bytes
      if (this.#unflushedBytes >= flushedBytes && !this.#flush) this.#flushEarly(this.#file!)
    }).then(callback)
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (this.#isBeingKept) callback(error)
    else this.#discard().then(() => callback(error))
  }

  /**
   * Ends the file and puts it in its place.
   * @throws {ObjectTooLargeError} or what the file system threw; nothing is left of the object then
   */
  async keep(): Promise<KeptObject> {
    const { folder, draft } = this.#options
    if (this.destroyed) throw new Error('the object was broken off')
    this.#isBeingKept = true
    try {
      if (!this.writableEnded) this.end()
      await finished(this, { cleanup: true }).catch(() => {})
      await this.#flush
      if (this.#failure) throw this.#failure
      if (this.destroyed || !this.writableFinished) throw new Error('the object was broken off')
      await this.#file!.sync()
      const imageId = this.#digest.digest('hex').slice(0, 32)
      const isNew = await linkIfAbsent(draft, join(folder, `${imageId}.dcm`))
      // Also for what is there already: whoever put it there may have been killed before this step.
      await syncFolder(folder)
      return { imageId, sizeBytes: this.#sizeBytes, duplicate: !isNew }
    } finally {
      await this.#discard()
    }
  }

  /** Its failure is kept: the system tells it once, and the last flush would then succeed. */
  #flushEarly(file: FileHandle): void {
    this.#unflushedBytes = 0
    this.#flush = this.#attempt(() => file.datasync()).then(() => {
      this.#flush = null
    })
  }

  async #attempt(step: () => Promise<void>): Promise<void> {
    if (this.#failure) return
    try {
      await step()
    } catch (error) {
      this.#failure = error as Error
    }
  }

  async #discard(): Promise<void> {
    const file = this.#file
    this.#file = null
    await this.#flush
    await file?.close().catch(() => {})
    // What cannot be removed now is removed at the next start.
    if (file) await rm(this.#options.draft, { force: true }).catch(() => {})
  }
}

/** One call of the system for all, as a rule; it may write less than it was given. */
async function writeAll(file: FileHandle, buffers: readonly Buffer[]): Promise<void> {
  let rest = buffers.filter(({ length }) => length > 0)
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest.slice(0, maximumVectors))
    while (bytesWritten > 0) {
      const [first] = rest
      if (bytesWritten < first.length) rest = [first.subarray(bytesWritten), ...rest.slice(1)]
      else rest = rest.slice(1)
      bytesWritten -= first.length
    }
  }
}
