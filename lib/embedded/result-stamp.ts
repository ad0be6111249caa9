import { stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Whether a name in an output folder is that of an image's folder. */
export const isImageFolder = (name: string): boolean => /^[0-9a-f]{32}$/.test(name)

/** Tells an image's result from one that was written over it; null where its folder holds none (yet). */
export async function resultStampOf(outDir: string, imageId: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs } = await stat(join(outDir, imageId, 'result.json'))
    return `${ino} ${size} ${mtimeMs}`
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}
