import { readdir, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { ConfigurationError } from '../screening/kernel/errors.ts'

/**
 * The files that a list of paths stands for, in the order given; a folder stands for every file below it, by name.
 * Hidden files and the output folder itself are left out; nothing else is: a file that is no image gets its reason.
 * @throws {ConfigurationError} when a path does not exist
 */
export async function listInputs(paths: readonly string[], outDir: string): Promise<string[]> {
  const files: string[] = []
  for (const path of paths) {
    const entry = await stat(path).catch((cause) => {
      throw new ConfigurationError(`${path} cannot be opened (${cause.code}). Give files or folders that exist.`, {
        cause,
      })
    })
    if (entry.isDirectory()) await collect(path, resolve(outDir), files)
    else files.push(path)
  }
  return files
}

async function collect(folder: string, outDir: string, files: string[]): Promise<void> {
  if (resolve(folder) === outDir || resolve(folder).startsWith(outDir + sep)) return
  const entries = await readdir(folder, { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    const isFolder = entry.isSymbolicLink() ? (await stat(path).catch(() => null))?.isDirectory() : entry.isDirectory()
    if (isFolder && !entry.isSymbolicLink()) await collect(path, outDir, files)
    else if (!isFolder) files.push(path)
  }
}
