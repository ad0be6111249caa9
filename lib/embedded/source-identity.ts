import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { ImageId } from '../screening/kernel/identifiers.ts'

/** The image identifier of a file, read as a stream: the same as `imageIdOf` of its bytes, in flat memory. */
export async function identifySource(path: string): Promise<ImageId> {
  if (!(await stat(path)).isFile()) throw new Error('not a regular file')
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex').slice(0, 32)
}
