import { sha256 } from '@noble/hashes/sha2'
import { bytesToHex } from '@noble/hashes/utils'

const pieceBytes = 2 ** 20

/**
 * SHA-256 of a file in hexadecimal, read in pieces. The browser's own takes whole files only, and is not there over plain
 * HTTP from another machine.
 * @throws the reason of `signal`
 */
export async function digestOf(file: Blob, signal: AbortSignal): Promise<string> {
  const hash = sha256.create()
  for (let at = 0; at < file.size; at += pieceBytes) {
    signal.throwIfAborted()
    hash.update(new Uint8Array(await file.slice(at, at + pieceBytes).arrayBuffer()))
  }
  return bytesToHex(hash.digest())
}
