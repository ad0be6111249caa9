import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it, and says why where it cannot: Node's own recursive form answers ENOENT where the
 * disk has no inodes left, a quota is used up or a mount is read-only, and does not end at all below /proc.
 */
export async function makeFolder(folder: string): Promise<void> {
  if ((await codeOf(mkdir(folder), ['EEXIST', 'ENOENT'])) !== 'ENOENT') return
  const above = dirname(folder)
  if (above !== folder) await makeFolder(above)
  await codeOf(mkdir(folder), ['EEXIST'])
}

/** Which of the codes it failed with, undefined when it did not; another failure is thrown. */
async function codeOf(work: Promise<void>, expected: readonly string[]): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== undefined && expected.includes(code)) return code
    throw error
  }
}
