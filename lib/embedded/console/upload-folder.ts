import { readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder } from '../../adapters/embedded/make-folder.ts'
import { syncFolder } from '../../adapters/embedded/sync-folder.ts'
import { UploadRefusedError } from '../../console/api/console-ports.ts'
import type { UploadRequest } from '../../console/contract/upload.ts'
import type { ImageId } from '../../screening/kernel/identifiers.ts'
import { writeUpload } from './write-upload.ts'

const draftEnding = '.draft'

export interface KeptFile {
  readonly imageId: ImageId
  readonly path: string
}

/** Keeps uploaded files as `<root>/<imageId>/<name>`: whole and on disk, or not at all. */
export class UploadFolder {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /**
   * @param uploadId Names the draft.
   * @throws {UploadRefusedError} 409 for fewer, 413 for more bytes than were agreed, 409 for other ones; nothing stays then
   */
  async keep(
    uploadId: string,
    { name, sizeBytes, sha256 }: UploadRequest,
    body: AsyncIterable<Uint8Array>,
  ): Promise<KeptFile> {
    const draft = join(this.#root, `.${uploadId}${draftEnding}`)
    await makeFolder(this.#root)
    try {
      const digest = await writeUpload(draft, sizeBytes, body)
      if (sha256 !== undefined && digest !== sha256) {
        throw new UploadRefusedError(
          409,
          'What came is not the file that was announced. Send it again.',
          'wrong-digest',
        )
      }
      const imageId = digest.slice(0, 32)
      const path = join(this.#root, imageId, safeName(name))
      await makeFolder(dirname(path))
      await rename(draft, path)
      // Answered for only when a power cut can no longer take it away.
      await syncFolder(dirname(path))
      await syncFolder(this.#root)
      return { imageId, path }
    } finally {
      await rm(draft, { force: true })
    }
  }

  /** Removes what an earlier program left half-written. */
  async removeDrafts(): Promise<void> {
    for (const entry of await entriesOf(this.#root)) {
      if (entry.endsWith(draftEnding)) await rm(join(this.#root, entry))
    }
  }

  /** Every file that is kept. */
  async list(): Promise<KeptFile[]> {
    const kept: KeptFile[] = []
    for (const entry of await entriesOf(this.#root)) {
      if (entry.startsWith('.')) continue
      // Somebody's own file among them ends nothing: it is read as a folder without files.
      for (const name of await entriesOf(join(this.#root, entry)))
        kept.push({ imageId: entry, path: join(this.#root, entry, name) })
    }
    return kept
  }
}

async function entriesOf(folder: string): Promise<string[]> {
  return readdir(folder).catch((error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
}

/** The sender's name where a file system takes it and it leaves no folder; its readable part otherwise. */
export function safeName(name: string): string {
  const own = name.split(/[/\\]/).at(-1) ?? ''
  // Half a surrogate pair is no character: it would be written under another name than the one that is asked for.
  const characters = [...own.replaceAll(/[\p{Cc}\p{Cs}]/gu, '').replace(/^\.+/, '')]
  // 255 bytes are what file systems take; a character has at most four.
  const kept = characters.length > 60 ? [...characters.slice(0, 50), ...characters.slice(-10)] : characters
  return kept.join('') || 'image'
}
