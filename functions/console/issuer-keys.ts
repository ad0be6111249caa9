import { createRemoteJWKSet, customFetch, type FetchImplementation, type JWTVerifyGetKey } from 'jose'

/** An endpoint that has just failed is not asked again for so long. Unit: ms. */
const failedForMs = 10_000
/** Keys that the endpoint no longer gives stand for so long, while it cannot be reached. Unit: ms. */
const keptMs = 3_600_000
/** A handful of keys takes a few kilobytes. Unit: bytes. */
const largestAnswer = 256 * 1024

/** The issuer's keys cannot be had now: nobody can tell whether a token is good. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
}

/**
 * The public keys of an issuer, fetched when they are first needed, every ten minutes, and when a token names a key that
 * is not among them; the last at most every half minute, so that made-up names fetch nothing.
 * @throws {KeysUnavailableError} from the returned function
 */
export function createIssuerKeys(jwksUri: string, now: () => number = Date.now): JWTVerifyGetKey {
  let failedAt = Number.NEGATIVE_INFINITY
  let last: { readonly text: string; readonly at: number } | null = null
  const fetchKeys: FetchImplementation = async (url, options) => {
    if (now() - failedAt >= failedForMs) {
      try {
        last = { text: await readAnswer(await fetch(url, options)), at: now() }
        return new Response(last.text)
      } catch (cause) {
        failedAt = now()
        if (!last || now() - last.at >= keptMs) throw new KeysUnavailableError('the keys cannot be fetched', { cause })
      }
    }
    if (!last || now() - last.at >= keptMs) throw new KeysUnavailableError('the keys could not be fetched just now')
    return new Response(last.text)
  }
  return createRemoteJWKSet(new URL(jwksUri), { [customFetch]: fetchKeys, timeoutDuration: 3_000 })
}

/** @throws {Error} unless it is a set of keys of a reasonable size; a redirection is none */
async function readAnswer(response: Response): Promise<string> {
  if (response.status !== 200) throw new Error(`answered ${response.status}`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > largestAnswer) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  const { keys } = JSON.parse(text) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new Error('the answer is no set of keys')
  return text
}
