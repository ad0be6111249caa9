import { isNotAPicture } from '../../adapters/embedded/is-not-a-picture.ts'
import { type FoundEntry, walkFolder } from '../../adapters/embedded/walk-folder.ts'

/**
 * What lies below a folder and may be a radiograph, in the order of names, and each folder or file there that cannot be
 * read, with why. Tables and notes beside the images are left out, and so are the folders that hold no input of their own.
 */
export async function* listImages(folder: string, outDir: string | null = null): AsyncIterable<FoundEntry> {
  for await (const entry of walkFolder(folder, outDir)) {
    if (entry.problem === 'unreadable') yield entry
    else if (entry.problem === null && !(await isNotAPicture(entry.path).catch(() => false))) yield entry
  }
}
