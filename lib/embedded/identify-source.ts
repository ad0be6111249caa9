import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { encodePath } from '../adapters/embedded/path-bytes.ts'
import type { ImageId } from '../screening/kernel/identifiers.ts'

/** The image identifier of a file, read as a stream: the same as `imageIdOf` of its bytes, in flat memory. */
export async function identifySource(path: string): Promise<ImageId> {
  const file = encodePath(path)
  if (!(await stat(file)).isFile()) throw new Error('not a regular file')
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex').slice(0, 32)
}
