import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { UploadRefusedError } from '../../console/api/console-ports.ts'

/**
 * Writes so many bytes into a new file, flushed to disk.
 * @returns their SHA-256 in hexadecimal
 * @throws {UploadRefusedError} 409 for fewer, 413 for more; the file stays half-written then
 */
export async function writeUpload(path: string, sizeBytes: number, body: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx')
  try {
    let written = 0
    for await (const chunk of body) {
      written += chunk.length
      if (written > sizeBytes)
        throw new UploadRefusedError(413, `More than the ${sizeBytes} bytes that were agreed came.`)
      hash.update(chunk)
      await file.writeFile(chunk)
    }
    if (written < sizeBytes) {
      throw new UploadRefusedError(409, `${written} of ${sizeBytes} bytes came. Send them again.`, 'broken-off')
    }
    await file.sync()
    return hash.digest('hex')
  } finally {
    await file.close()
  }
}
