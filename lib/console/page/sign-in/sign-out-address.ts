import type { SignInSettings } from '../../contract/sign-in.ts'

/**
 * Where a reader's session at the issuer ends, and from where it comes back. No token goes with it: addresses are logged.
 * @returns null where the issuer has no such place
 * @see OpenID Connect RP-Initiated Logout 1.0 (2), the logout endpoint of Cognito
 */
export function signOutAddress({ signOut, clientId }: SignInSettings, back: string): string | null {
  if (!signOut) return null
  const address = new URL(signOut.endpoint)
  address.searchParams.set('client_id', clientId)
  address.searchParams.set(signOut.backParameter, back)
  return address.href
}
