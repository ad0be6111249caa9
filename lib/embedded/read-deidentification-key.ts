import { readFile, stat } from 'node:fs/promises'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import { minimumKeyBytes } from '../screening/result-documents/deidentification/pseudonyms.ts'
import type { Log } from './log.ts'

/** A key is some bytes; a file named by mistake is larger. Unit: bytes. */
const maximumKeyBytes = 4096
/** Random bytes, also written as hexadecimal or base64, have more different ones; `aaaa…` and `abcabc…` have not. */
const leastDifferentBytes = 8
const remedy =
  "Make one with: (umask 077 && head -c 32 /dev/urandom | base64 > KEYFILE). Keep it: it can't be made again."

/**
 * The key in a file: its bytes as they are, without the end of the last line. Others who may read the file are warned of.
 * @returns in base64
 * @throws {ConfigurationError} when it cannot be read, is too short to be a secret, or is no key
 */
export async function readDeidentificationKey(file: string, log: Log): Promise<string> {
  const bytes = await read(file)
  const key = bytes.subarray(0, bytes.length - (/\r?\n$/.exec(bytes.toString('latin1'))?.[0].length ?? 0))
  if (key.length < minimumKeyBytes) {
    throw new ConfigurationError(
      `the key in ${file} has ${key.length} bytes; a key has at least ${minimumKeyBytes}. ${remedy}`,
    )
  }
  if (new Set(key).size < leastDifferentBytes) {
    throw new ConfigurationError(`the key in ${file} is made of a few characters only: it is no secret. ${remedy}`)
  }
  return key.toString('base64')

  async function read(path: string): Promise<Buffer> {
    try {
      const { mode, size } = await stat(path)
      if (size > maximumKeyBytes) {
        throw new ConfigurationError(`${path} is no key: it has ${size} bytes, a key has at most ${maximumKeyBytes}.`)
      }
      if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
        const permissions = (mode & 0o777).toString(8)
        log('warn', 'key-readable-by-others', { file: path, permissions, remedy: `chmod 600 ${path}` })
      }
      return await readFile(path)
    } catch (cause) {
      if (cause instanceof ConfigurationError) throw cause
      const { code } = cause as NodeJS.ErrnoException
      throw new ConfigurationError(`the key file ${path} cannot be read (${code}). ${remedy}`, { cause })
    }
  }
}
