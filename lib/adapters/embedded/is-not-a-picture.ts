import { open } from 'node:fs/promises'
import { sniffFormat } from '../../screening/upload/sniff-format.ts'
import { encodePath } from './path-bytes.ts'

const otherKinds =
  /\.(csv|tsv|txt|md|rst|json|jsonl|html?|xml|css|js|zip|gz|tgz|tar|7z|py|sh|bat|exe|dll|ya?ml|ini|cfg|inf|pdf|docx?|xlsx?|log|db|md5|sha256)$|(^|\/)(\._[^/]*|\.DS_Store|README|LICEN[CS]E|CHANGELOG|MANIFEST)$/i
const isDicomdirName = (path: string): boolean => /(^|\/)DICOMDIR$/i.test(path)
/** SOP class Media Storage Directory Storage, in the file meta of a DICOMDIR. */
const mediaStorageDirectoryUid = '1.2.840.10008.1.3.10'
const headBytes = 1024

/**
 * Whether a file is none of the pictures by its kind: a table, a note, an archive, a DICOMDIR beside them. Name and
 * content must both say so: a radiograph that is called `notes.txt` is a radiograph.
 */
export async function isNotAPicture(path: string): Promise<boolean> {
  const mayBeDicomdir = isDicomdirName(path)
  if (!mayBeDicomdir && !otherKinds.test(path)) return false
  const head = await readHead(path)
  if (mayBeDicomdir) return head.includes(mediaStorageDirectoryUid, 0, 'latin1')
  return head.length > 0 && sniffFormat(head) === null
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(encodePath(path))
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
