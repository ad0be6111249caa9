import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'

interface SigningKey {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** An issuer of tokens on this machine, with its endpoint of public keys. */
export interface Issuer {
  readonly url: string
  readonly jwksUri: string
  /** How often the keys were asked for. */
  readonly fetches: () => number
  /** What the endpoint answers; null: its keys. */
  answer: (() => { status: number; body: string; headers?: Record<string, string> }) | null
  sign(claims?: Record<string, unknown>, changes?: SignChanges): Promise<string>
  /** Signs with a new key from now on; the old one is published no more. */
  rotate(): Promise<void>
  /** The public key, as text. */
  publicKey(): Promise<string>
  /** Forgets how often it was asked, and what it was told to answer. */
  reset(): void
  close(): Promise<void>
}

export interface SignChanges {
  readonly issuer?: string
  readonly audience?: string | string[]
  readonly expiresAt?: number | null
  readonly kid?: string
  readonly header?: Record<string, unknown>
}

export const audience = 'console'
export const claimNames = { tenant: 'custom:tenant', roles: 'cognito:groups', name: 'email' }

/** Of a person of a tenant, with roles. */
export const claimsOf = (
  tenant: unknown,
  roles: unknown = ['reader', 'reviewer', 'operator'],
): Record<string, unknown> => ({
  'custom:tenant': tenant,
  'cognito:groups': roles,
  email: 'ada@example.org',
})

export async function openIssuer(algorithm = 'RS256'): Promise<Issuer> {
  let key = await makeKey(algorithm)
  let fetched = 0
  const server = createServer(async (_, response) => {
    fetched++
    if (issuer.answer) {
      const { status, body, headers } = issuer.answer()
      response.writeHead(status, headers).end(body)
      return
    }
    const published = { ...(await exportJWK(key.publicKey)), kid: key.kid, alg: algorithm, use: 'sig' }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [published] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer: Issuer = {
    url,
    jwksUri: `${url}/jwks.json`,
    fetches: () => fetched,
    answer: null,
    sign: async (claims = claimsOf('north'), changes = {}) => {
      const { kid, privateKey } = key
      const { expiresAt = Math.floor(Date.now() / 1000) + 600 } = changes
      const token = new SignJWT({ sub: 'person-1', ...claims })
        .setProtectedHeader({ alg: algorithm, kid: changes.kid ?? kid, ...changes.header })
        .setIssuer(changes.issuer ?? url)
        .setAudience(changes.audience ?? audience)
        .setIssuedAt()
      if (expiresAt !== null) token.setExpirationTime(expiresAt)
      return token.sign(privateKey)
    },
    rotate: async () => {
      key = await makeKey(algorithm)
    },
    reset: () => {
      fetched = 0
      issuer.answer = null
    },
    publicKey: () => exportSPKI(key.publicKey),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return issuer
}

let made = 0

async function makeKey(algorithm: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  return { kid: `key-${made++}`, privateKey, publicKey }
}
