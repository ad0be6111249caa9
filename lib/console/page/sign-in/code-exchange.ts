import type { SignInSettings } from '../../contract/sign-in.ts'

/** What must be remembered while the reader is at the issuer's page. */
export interface Attempt {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
  /** Where in the console the reader was. */
  readonly hash: string
}

export interface Tokens {
  readonly bearer: string
  /** Null: the reader signs in again when the bearer ends. */
  readonly refresh: string | null
  /** Unit: ms since the Unix epoch. */
  readonly endsAt: number
}

/** The reader was not let in; the message is for the reader. */
export class SignInError extends Error {
  override readonly name = 'SignInError'
}

export const newAttempt = (hash: string): Attempt => ({ verifier: random(), state: random(), nonce: random(), hash })

/** Where the reader signs in. @see RFC 7636, OpenID Connect Core 3.1.2.1 */
export async function authorizationAddress(
  { authorizationEndpoint, clientId, scope }: SignInSettings,
  { verifier, state, nonce }: Attempt,
  redirectUri: string,
): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  const address = new URL(authorizationEndpoint)
  const asked = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value)
  return address.href
}

/**
 * Exchanges the code that the issuer has sent the reader back with.
 * @param answer The query of the address.
 * @throws {SignInError} when the answer is none to this attempt, or the issuer refuses
 */
export async function exchangeCode(
  settings: SignInSettings,
  attempt: Attempt,
  answer: URLSearchParams,
  redirectUri: string,
): Promise<Tokens> {
  if (answer.get('state') !== attempt.state)
    throw new SignInError('The answer belongs to another attempt. Sign in again.')
  // @see RFC 9207
  if ((answer.get('iss') ?? settings.issuer) !== settings.issuer) throw new SignInError('Another issuer has answered.')
  const code = answer.get('code')
  if (!code) throw new SignInError('The issuer did not let you in. Ask whoever administers the accounts.')
  const tokens = await askForTokens(settings, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: attempt.verifier,
  })
  if (tokens.nonce !== attempt.nonce) throw new SignInError('The token belongs to another attempt. Sign in again.')
  return tokens
}

/** @throws {SignInError} when the issuer no longer lets the reader in */
export const refreshTokens = (settings: SignInSettings, refresh: string): Promise<Tokens> =>
  askForTokens(settings, { grant_type: 'refresh_token', refresh_token: refresh }).then((tokens) => ({
    ...tokens,
    // An issuer that gives no new one lets the old one stand.
    refresh: tokens.refresh ?? refresh,
  }))

async function askForTokens(
  { tokenEndpoint, clientId, bearer }: SignInSettings,
  body: Record<string, string>,
): Promise<Tokens & { readonly nonce: unknown }> {
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    body: new URLSearchParams({ ...body, client_id: clientId }),
    cache: 'no-store',
    credentials: 'omit',
  })
  const answer: Record<string, unknown> = await response.json().catch(() => ({}))
  const token = answer[bearer]
  if (!response.ok || typeof token !== 'string') throw new SignInError('The issuer gave no token. Sign in again.')
  const { nonce } = claimsOf(typeof answer.id_token === 'string' ? answer.id_token : '')
  return {
    bearer: token,
    refresh: typeof answer.refresh_token === 'string' ? answer.refresh_token : null,
    endsAt: Date.now() + Number(answer.expires_in ?? 300) * 1000,
    nonce,
  }
}

/** What a token says. The server checks it; here it only came from the issuer itself, by TLS. */
function claimsOf(token: string): Record<string, unknown> {
  try {
    const bytes = Uint8Array.from(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')), (character) =>
      character.charCodeAt(0),
    )
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return {}
  }
}

const random = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)))

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
