import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SignInSettings } from '../../lib/console/contract/sign-in.ts'
import {
  authorizationAddress,
  exchangeCode,
  newAttempt,
  refreshTokens,
} from '../../lib/console/page/sign-in/code-exchange.ts'
import { signOutAddress } from '../../lib/console/page/sign-in/sign-out-address.ts'

const redirectUri = 'https://console.example/'
const tokenOf = (claims: unknown): string => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`

let server: Server
let settings: SignInSettings
let asked: URLSearchParams[]
let answer: { status: number; body: string }
beforeEach(async () => {
  asked = []
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    asked.push(new URLSearchParams(Buffer.concat(chunks).toString()))
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  settings = {
    issuer,
    authorizationEndpoint: `${issuer}/authorize?ui_locales=en`,
    tokenEndpoint: `${issuer}/token`,
    clientId: 'console',
    scope: 'openid',
    bearer: 'id_token',
    signOut: null,
  }
})
afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())))

const attempt = newAttempt('#/operations')
const give = (changes: Record<string, unknown> = {}, status = 200): void => {
  const tokens = { id_token: tokenOf({ nonce: attempt.nonce, name: 'Ä' }), refresh_token: 'r1', expires_in: 600 }
  answer = { status, body: JSON.stringify({ ...tokens, ...changes }) }
}
const query = (changes: Record<string, string> = {}) =>
  new URLSearchParams({ code: 'c', state: attempt.state, ...changes })

describe('signing in', () => {
  it('asks for a code with a challenge that its verifier answers, and keeps what the endpoint has in its address', async () => {
    const { searchParams } = new URL(await authorizationAddress(settings, attempt, redirectUri))
    give()
    await exchangeCode(settings, attempt, query(), redirectUri)
    const [sent] = asked
    expect(Object.fromEntries(searchParams)).toEqual({
      ui_locales: 'en',
      response_type: 'code',
      client_id: 'console',
      redirect_uri: redirectUri,
      scope: 'openid',
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: createHash('sha256')
        .update(String(sent.get('code_verifier')))
        .digest('base64url'),
      code_challenge_method: 'S256',
    })
    expect(Object.fromEntries(sent)).toEqual({
      grant_type: 'authorization_code',
      code: 'c',
      redirect_uri: redirectUri,
      client_id: 'console',
      code_verifier: attempt.verifier,
    })
  })

  it('makes every attempt anew', () => {
    const { verifier, state, nonce } = attempt
    expect(new Set([verifier, state, nonce, ...Object.values(newAttempt(''))]).size).toBe(7)
    expect(verifier).toMatch(/^[\w-]{43}$/)
  })

  it.each([
    ['id_token', (): string => tokenOf({ nonce: attempt.nonce, name: 'Ä' })],
    ['access_token', (): string => 'opaque'],
  ] as const)('sends the API the %s, as configured', async (bearer, expected) => {
    give({ access_token: 'opaque' })
    const tokens = await exchangeCode({ ...settings, bearer }, attempt, query({ iss: settings.issuer }), redirectUri)
    expect(tokens).toMatchObject({ bearer: expected(), refresh: 'r1' })
    expect(tokens.endsAt).toBeGreaterThan(Date.now() + 500_000)
  })

  it.each([
    ['another state', { state: 'other' }],
    ['another issuer', { iss: 'https://other.example' }],
    ['no code', { code: '' }],
  ])('does not ask for a token with %s', async (_, changes) => {
    give()
    await expect(exchangeCode(settings, attempt, query(changes), redirectUri)).rejects.toThrow(/[.]$/)
    expect(asked).toEqual([])
  })

  it.each<[string, Record<string, unknown>, number]>([
    ['of another attempt', { id_token: tokenOf({ nonce: 'other' }) }, 200],
    ['without a nonce', { id_token: tokenOf({}) }, 200],
    ['that is none', { id_token: 'x' }, 200],
    ['that is not there', { id_token: undefined }, 200],
    ['of an endpoint that refuses', {}, 400],
  ])('takes no token %s', async (_, changes, status) => {
    give(changes, status)
    await expect(exchangeCode(settings, attempt, query(), redirectUri)).rejects.toThrow('Sign in again')
  })

  it('takes no page for a token', async () => {
    answer = { status: 200, body: '<html>' }
    await expect(exchangeCode(settings, attempt, query(), redirectUri)).rejects.toThrow('gave no token')
  })

  it('renews a token, and keeps the means for it where the issuer gives no new one', async () => {
    give({ refresh_token: undefined })
    expect(await refreshTokens(settings, 'r1')).toMatchObject({ refresh: 'r1' })
    give({ refresh_token: 'r2' })
    expect(await refreshTokens(settings, 'r1')).toMatchObject({ refresh: 'r2' })
    expect(Object.fromEntries(asked[0])).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r1',
      client_id: 'console',
    })
  })
})

describe('signing out', () => {
  it.each(['post_logout_redirect_uri', 'logout_uri'] as const)(
    'ends the session at the issuer, and comes back by %s',
    (backParameter) => {
      const signOut = { endpoint: 'https://issuer.example/end?ui_locales=en', backParameter }
      const address = new URL(String(signOutAddress({ ...settings, signOut }, redirectUri)))
      expect(address.origin + address.pathname).toBe('https://issuer.example/end')
      expect(Object.fromEntries(address.searchParams)).toEqual({
        ui_locales: 'en',
        client_id: 'console',
        [backParameter]: redirectUri,
      })
    },
  )

  it('asks nothing of an issuer that has no place for it', () => {
    expect(signOutAddress(settings, redirectUri)).toBeNull()
  })
})
