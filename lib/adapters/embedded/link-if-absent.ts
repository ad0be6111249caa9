import { link } from 'node:fs/promises'

/**
 * Gives a draft its name where the name is free: a hard link fails where it is taken, so the file system decides a race.
 * @returns whether the name was free
 */
export async function linkIfAbsent(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
