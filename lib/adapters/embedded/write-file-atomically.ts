import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { linkIfAbsent } from './link-if-absent.ts'
import { makeFolder } from './make-folder.ts'

/**
 * Writes a whole file or none: to a hidden neighbour first, flushed to disk, then renamed.
 * @param options.ifAbsent Leave a file that exists as it is.
 * @returns whether the file was written
 */
export async function writeFileAtomically(
  file: string,
  body: Uint8Array | string,
  options: { ifAbsent?: boolean } = {},
): Promise<boolean> {
  await makeFolder(dirname(file))
  const draft = join(dirname(file), `.${randomUUID()}.draft`)
  try {
    const handle = await open(draft, 'wx')
    try {
      await handle.writeFile(body)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (options.ifAbsent) return await linkIfAbsent(draft, file)
    await rename(draft, file)
    return true
  } finally {
    await rm(draft, { force: true })
  }
}
