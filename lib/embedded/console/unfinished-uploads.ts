import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, rename, rm, stat, statfs, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../../adapters/embedded/make-folder.ts'
import { writeFileAtomically } from '../../adapters/embedded/write-file-atomically.ts'
import { UploadRefusedError } from '../../console/api/console-ports.ts'
import {
  type FileInParts,
  goesInParts,
  type PartRange,
  partsOf,
  uploadIdOfFile,
} from '../../console/api/upload-parts.ts'
import { uploadRequest } from '../../console/contract/upload.ts'
import type { Clock } from '../../screening/kernel/ports.ts'
import { writeUpload } from './write-upload.ts'

/** What nobody goes on with is removed after so long. Unit: ms. */
const unfinishedLastsMs = 24 * 3_600_000
/** What all unfinished files together may announce. Unit: bytes. */
const maximumUnfinishedBytes = 16 * 2 ** 30
const maximumUnfinished = 1000
/** Left on the disk for everything else. Unit: bytes. */
const reserveBytes = 256 * 2 ** 20

const announcementName = 'upload.json'
const draftEnding = '.draft'

/**
 * The parts of uploads that are not complete, as `<root>/<uploadId>/<number>` beside `upload.json`, which says what was
 * announced. A part is there whole or not at all, whoever sends it, so that nothing need be remembered: several browsers
 * may send the same file, and the next program goes on.
 */
export class UnfinishedUploads {
  readonly #root: string
  readonly #clock: Pick<Clock, 'now'>
  readonly #freeBytes: (folder: string) => Promise<number>

  /** @param freeBytes What the disk of a folder has left for this program. */
  constructor(root: string, clock: Pick<Clock, 'now'>, freeBytes = freeBytesOf) {
    this.#root = root
    this.#clock = clock
    this.#freeBytes = freeBytes
  }

  /** @returns the upload of the file, begun by whomever @throws {UploadRefusedError} 507 */
  async announce(file: FileInParts): Promise<string> {
    const uploadId = uploadIdOfFile(file)
    if (await this.find(uploadId)) {
      const now = new Date(this.#clock.now())
      await utimes(this.#folderOf(uploadId), now, now)
      return uploadId
    }
    await makeFolder(this.#root)
    await this.#findRoom(file.sizeBytes)
    await writeFileAtomically(join(this.#folderOf(uploadId), announcementName), JSON.stringify(file))
    return uploadId
  }

  /** What was announced; null where there is no such upload. */
  async find(uploadId: string): Promise<FileInParts | null> {
    const text = await orNull(readFile(join(this.#folderOf(uploadId), announcementName), 'utf8'))
    return text === null ? null : announcementOf(text)
  }

  /** The parts that have not come. */
  async missing(uploadId: string, { sizeBytes }: FileInParts): Promise<PartRange[]> {
    const missing: PartRange[] = []
    for (const part of partsOf(sizeBytes)) {
      // After a power cut a name may stand before its bytes do.
      const size = (await orNull(stat(this.#partOf(uploadId, part.number))))?.size
      if (size !== part.sizeBytes) missing.push(part)
    }
    return missing
  }

  /** @throws {UploadRefusedError} 404, 409, 413 */
  async receive(uploadId: string, number: number, body: AsyncIterable<Uint8Array>): Promise<void> {
    const announced = await this.find(uploadId)
    const part = announced && partsOf(announced.sizeBytes)[number - 1]
    if (!part) throw noSuchUpload()
    const draft = join(this.#folderOf(uploadId), `${number}.${randomUUID()}${draftEnding}`)
    try {
      await writeUpload(draft, part.sizeBytes, body)
      await rename(draft, this.#partOf(uploadId, number))
    } catch (error) {
      // Cancelled, or completed by another sender meanwhile.
      throw codeOf(error) === 'ENOENT' ? noSuchUpload() : error
    } finally {
      await rm(draft, { force: true })
    }
  }

  /** The file, of parts that are all there. */
  async *read(uploadId: string, { sizeBytes }: FileInParts): AsyncIterable<Uint8Array> {
    for (const { number } of partsOf(sizeBytes)) yield* createReadStream(this.#partOf(uploadId, number))
  }

  async remove(uploadId: string): Promise<void> {
    // Somebody may be sending into it.
    await rm(this.#folderOf(uploadId), { recursive: true, force: true, maxRetries: 5 })
  }

  /** Removes the uploads that nobody has gone on with for a day. */
  async removeForgotten(): Promise<void> {
    for (const uploadId of await this.#list()) {
      const touched = (await orNull(stat(this.#folderOf(uploadId))))?.mtimeMs ?? Number.POSITIVE_INFINITY
      if (touched < this.#clock.now() - unfinishedLastsMs) await this.remove(uploadId)
    }
  }

  /** Removes what an earlier program has left half-written. */
  async removeDrafts(): Promise<void> {
    for (const uploadId of await this.#list()) {
      const folder = this.#folderOf(uploadId)
      const names = (await orNull(readdir(folder))) ?? []
      if (!names.includes(announcementName)) await this.remove(uploadId)
      else for (const name of names) if (name.endsWith(draftEnding)) await rm(join(folder, name), { force: true })
    }
  }

  async #findRoom(sizeBytes: number): Promise<void> {
    const begun = await this.#list()
    let announcedBytes = sizeBytes
    for (const uploadId of begun) announcedBytes += (await this.find(uploadId))?.sizeBytes ?? 0
    if (announcedBytes > maximumUnfinishedBytes || begun.length >= maximumUnfinished) {
      const words =
        'Too many uploads are unfinished. Finish or cancel some: what nobody goes on with is removed after a day.'
      throw new UploadRefusedError(507, words, 'disk-full')
    }
    // Once in parts, and once whole while it is put together.
    if ((await this.#freeBytes(this.#root)) < 2 * sizeBytes + reserveBytes) throw diskFull()
  }

  async #list(): Promise<string[]> {
    return (await orNull(readdir(this.#root))) ?? []
  }

  #folderOf(uploadId: string): string {
    return join(this.#root, uploadId)
  }

  #partOf(uploadId: string, number: number): string {
    return join(this.#folderOf(uploadId), String(number))
  }
}

export const noSuchUpload = (): UploadRefusedError =>
  new UploadRefusedError(404, 'There is no such upload. Send the file again.')

export const diskFull = (cause?: unknown): UploadRefusedError =>
  new UploadRefusedError(
    507,
    "The disk of the server's output folder is full. Make room there, then try again: what has come so far is kept for a day.",
    'disk-full',
    { cause },
  )

/** Null of what this program has not written. */
function announcementOf(text: string): FileInParts | null {
  try {
    const announced = uploadRequest.parse(JSON.parse(text))
    return goesInParts(announced) ? announced : null
  } catch {
    return null
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/** Null where there is no such file or folder. */
const orNull = <T>(work: Promise<T>): Promise<T | null> =>
  work.catch((error) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null
    throw error
  })

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
