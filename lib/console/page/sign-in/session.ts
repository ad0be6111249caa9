import type { SignInSettings } from '../../contract/sign-in.ts'
import {
  type Attempt,
  authorizationAddress,
  exchangeCode,
  newAttempt,
  refreshTokens,
  type Tokens,
} from './code-exchange.ts'
import { signOutAddress } from './sign-out-address.ts'

/** A token that ends within this is renewed first. Unit: ms. */
const renewalMs = 60_000
/** The attempt lies here while the reader is at the issuer's page. Tokens never do. */
const attemptKey = 'pleura-sign-in'

let settings: SignInSettings | null = null
let tokens: Tokens | null = null
let renewing: Promise<void> | null = null

/** Whether somebody has signed in: the console is not of one machine. */
export const isSignedIn = (): boolean => tokens !== null

/** What goes with a request to the API; empty on one machine. */
export async function authorization(): Promise<Record<string, string>> {
  if (tokens?.refresh && settings && tokens.endsAt - Date.now() < renewalMs) {
    renewing ??= renew(settings, tokens.refresh).finally(() => {
      renewing = null
    })
    await renewing
  }
  return tokens ? { authorization: `Bearer ${tokens.bearer}` } : {}
}

/** Sends the reader to the issuer's page. */
export async function signIn(): Promise<void> {
  const known = await readSettings()
  const attempt = newAttempt(location.hash)
  sessionStorage.setItem(attemptKey, JSON.stringify(attempt))
  location.assign(await authorizationAddress(known, attempt, redirectUri()))
}

/** Forgets the tokens and what the page shows, and ends the reader's session at the issuer. */
export async function signOut(): Promise<void> {
  tokens = null
  const back = redirectUri()
  // A browser may keep the page as it is, pictures and all, for the way back.
  addEventListener('pageshow', () => location.reload())
  location.replace(signOutAddress(await readSettings(), back) ?? back)
}

/**
 * Takes in what the issuer has sent the reader back with, if this is such an answer, and clears the address of it.
 * @throws {SignInError}
 */
export async function completeSignIn(): Promise<void> {
  const answer = new URLSearchParams(location.search)
  if (!answer.has('state')) return
  const stored = sessionStorage.getItem(attemptKey)
  sessionStorage.removeItem(attemptKey)
  const attempt: Attempt | null = stored === null ? null : JSON.parse(stored)
  history.replaceState(null, '', `${location.pathname}${attempt?.hash ?? ''}`)
  if (attempt) tokens = await exchangeCode(await readSettings(), attempt, answer, redirectUri())
}

/** An issuer that does not answer now, or refuses, leaves the token as it is: the API says when it has ended. */
const renew = async (known: SignInSettings, refresh: string): Promise<void> => {
  tokens = await refreshTokens(known, refresh).catch(() => tokens)
}

const redirectUri = (): string => `${location.origin}/`

async function readSettings(): Promise<SignInSettings> {
  settings ??= (await (await fetch('/sign-in.json', { cache: 'no-store' })).json()) as SignInSettings
  return settings
}
