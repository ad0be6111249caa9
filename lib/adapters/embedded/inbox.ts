import { randomUUID } from 'node:crypto'
import { mkdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { ArrivingFile } from './arriving-file.ts'
import { syncFolder } from './sync-folder.ts'

/** The disk is (nearly) full: the sender keeps its object and tries again. */
export class NoRoomError extends Error {
  override readonly name = 'NoRoomError'
}

export interface InboxOptions {
  readonly maximumObjectBytes: number
  /** Left free, so that results can still be written when nothing more is taken. */
  readonly keepFreeBytes: number
}

/** The folder of files whose receipt was acknowledged: whole files only, named by the digest of their bytes. */
export class Inbox {
  /** Holds the files. */
  readonly folder: string
  readonly #drafts: string
  readonly #options: InboxOptions

  private constructor(folder: string, drafts: string, options: InboxOptions) {
    this.folder = folder
    this.#drafts = drafts
    this.#options = options
  }

  /** Removes the half-written objects of a killed predecessor: none of them was acknowledged. */
  static async open(root: string, options: InboxOptions): Promise<Inbox> {
    const inbox = new Inbox(join(root, 'received'), join(root, '.receiving'), options)
    await rm(inbox.#drafts, { recursive: true, force: true })
    await mkdir(inbox.#drafts, { recursive: true })
    await mkdir(inbox.folder, { recursive: true })
    await syncFolder(root)
    return inbox
  }

  /** @param headBytes Written by us before the sender's bytes, and not counted against the sender. */
  receive(headBytes = 0): ArrivingFile {
    return new ArrivingFile({
      folder: this.folder,
      draft: join(this.#drafts, randomUUID()),
      maximumBytes: this.#options.maximumObjectBytes + headBytes,
      assertRoom: () => this.assertRoom(),
    })
  }

  /** @throws {NoRoomError} */
  async assertRoom(): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder)
    if (bavail * bsize < this.#options.keepFreeBytes) throw new NoRoomError('the disk is nearly full')
  }
}
