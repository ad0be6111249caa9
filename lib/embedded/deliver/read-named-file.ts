import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConfigurationError } from '../../screening/kernel/errors.ts'

/** A file that a target names, relative to the folder of the configuration. @throws {ConfigurationError} */
export async function readNamedFile(target: string, folder: string, file: string): Promise<string> {
  try {
    return await readFile(resolve(folder, file), 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new ConfigurationError(`${file}, which target ${target} names, cannot be read (${code}).`, { cause })
  }
}
