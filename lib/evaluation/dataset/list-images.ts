import { stat } from 'node:fs/promises'
import { isNotAPicture } from '../../adapters/embedded/is-not-a-picture.ts'
import { type FoundEntry, walkFolder } from '../../adapters/embedded/walk-folder.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'

/**
 * What lies below a folder and may be a radiograph, in the order of names, and each folder or file there that cannot be
 * read or entered, with why. Left out are tables and notes beside the images, and a second way to a folder.
 * @throws {ConfigurationError} when there is no such folder
 */
export async function* listImages(folder: string, outDir: string | null = null): AsyncIterable<FoundEntry> {
  const isFolder = (await stat(folder).catch(() => null))?.isDirectory() ?? false
  if (!isFolder) throw new ConfigurationError(`${folder} is not a folder. Give the folder with the radiographs.`)
  for await (const entry of walkFolder(folder, outDir)) {
    if (entry.problem === 'listed-already') continue
    if (entry.problem !== null) yield entry
    else if (!(await isNotAPicture(entry.path).catch(() => false))) yield entry
  }
}
