import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ObjectNotFoundError, type ObjectStore } from '../../screening/kernel/ports.ts'
import { writeFileAtomically } from './write-file-atomically.ts'

/** S3's own limit. Unit: bytes of UTF-8. */
const maximumKeyBytes = 1024

/**
 * A folder as an object store: the key's `/`-separated parts are folders and a file.
 * A part that is no safe file name ('.', '..', one with control characters, one that starts with '.') is refused.
 */
export class FolderObjectStore implements ObjectStore {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async get(key: string): Promise<Uint8Array> {
    try {
      return await readFile(this.#fileOf(key))
    } catch (cause) {
      if (isAbsent(cause)) throw new ObjectNotFoundError(key, { cause })
      throw cause
    }
  }

  put(key: string, body: Uint8Array, options: { ifAbsent?: boolean } = {}): Promise<boolean> {
    return writeFileAtomically(this.#fileOf(key), body, options)
  }

  async exists(key: string): Promise<boolean> {
    try {
      return (await stat(this.#fileOf(key))).isFile()
    } catch (error) {
      if (isAbsent(error)) return false
      throw error
    }
  }

  async delete(key: string): Promise<void> {
    await rm(this.#fileOf(key), { force: true })
  }

  async *list(prefix: string): AsyncIterable<string> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    const keys: string[] = []
    await this.#collect(folder, prefix, keys)
    yield* keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }

  async #collect(folder: string, prefix: string, keys: string[]): Promise<void> {
    const entries = await readdir(join(this.#root, folder), { withFileTypes: true }).catch((error) => {
      if (isAbsent(error)) return []
      throw error
    })
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue
      const key = folder + entry.name
      if (entry.isDirectory()) {
        if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) await this.#collect(`${key}/`, prefix, keys)
      } else if (key.startsWith(prefix)) keys.push(key)
    }
  }

  #fileOf(key: string): string {
    const parts = key.split('/')
    if (Buffer.byteLength(key) > maximumKeyBytes || parts.some((part) => !isSafeName(part))) {
      throw new RangeError(`'${key.slice(0, 80)}' is not a key this store can hold`)
    }
    return join(this.#root, ...parts)
  }
}

function isSafeName(part: string): boolean {
  return part !== '' && !part.startsWith('.') && Buffer.byteLength(part) <= 255 && !/[\p{Cc}\\]/u.test(part)
}

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}
