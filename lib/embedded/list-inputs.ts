import { stat } from 'node:fs/promises'
import { encodePath } from '../adapters/embedded/path-bytes.ts'
import { type FoundEntry, walkFolder } from '../adapters/embedded/walk-folder.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'

/**
 * What a list of paths stands for, in the order given; a folder stands for everything below it, by name. Only the
 * output folder itself is left out: whatever else cannot be read or entered is an entry that says why.
 * @throws {ConfigurationError} when a path does not exist
 */
export async function listInputs(paths: readonly string[], outDir: string): Promise<FoundEntry[]> {
  const inputs: FoundEntry[] = []
  for (const path of paths) {
    const entry = await stat(encodePath(path)).catch((cause) => {
      throw new ConfigurationError(`${path} cannot be opened (${cause.code}). ${remedyOf(path)}`, { cause })
    })
    if (!entry.isDirectory()) inputs.push({ path, problem: null })
    else for await (const found of walkFolder(path, outDir)) inputs.push(found)
  }
  return inputs
}

const remedyOf = (path: string): string =>
  path.includes('\ufffd')
    ? 'Its name is not UTF-8 and cannot be given as an argument: give the folder that it lies in.'
    : 'Give files or folders that exist.'
