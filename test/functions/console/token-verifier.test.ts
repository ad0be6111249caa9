import { createHmac } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createIssuerKeys } from '../../../functions/console/issuer-keys.ts'
import { TokenVerifier } from '../../../functions/console/token-verifier.ts'
import { audience, claimNames, claimsOf, type Issuer, openIssuer } from './open-issuer.ts'

let issuer: Issuer
beforeAll(async () => {
  issuer = await openIssuer()
})
afterEach(() => {
  vi.useRealTimers()
  issuer.reset()
})
afterAll(() => issuer.close())

const verifierOf = (algorithms: readonly string[] = ['RS256'], { jwksUri, url }: Issuer = issuer): TokenVerifier =>
  new TokenVerifier(createIssuerKeys(jwksUri), { issuer: url, audience, algorithms, claims: claimNames })
const bearer = (token: string): string => `Bearer ${token}`
const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const seconds = (): number => Math.floor(Date.now() / 1000)

describe('a token', () => {
  it('of the issuer tells who asks, for which tenant, in which roles', async () => {
    const token = await issuer.sign(claimsOf('north', ['reader', 'somebody-else', 'operator']))
    expect(await verifierOf().verify(bearer(token))).toEqual({
      identity: {
        subject: 'person-1',
        name: 'ada@example.org',
        tenant: 'north',
        roles: new Set(['reader', 'operator']),
      },
    })
  })

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])(
    'signed by %s is taken where that is listed, only',
    async (algorithm) => {
      const own = await openIssuer(algorithm)
      const token = bearer(await own.sign())
      expect(await verifierOf([algorithm], own).verify(token)).toHaveProperty('identity')
      expect(await verifierOf(['RS512'], own).verify(token)).toEqual({ refusal: 'bad-token' })
      await own.close()
    },
  )

  it('is asked for', async () => {
    expect(await verifierOf().verify(undefined)).toEqual({ refusal: 'no-token' })
  })

  it.each([
    ['nothing', 'Bearer '],
    ['another scheme', 'Basic YTpi'],
    ['two parts', 'Bearer a.b'],
    ['no JSON', 'Bearer a.b.c'],
    ['a line break', 'Bearer a.b.c\nx'],
    ['8 KB and more', `Bearer ${'a'.repeat(9000)}.b.c`],
  ])('of %s is refused, and fetches no key', async (_, authorization) => {
    expect(await verifierOf().verify(authorization)).toEqual({ refusal: 'bad-token' })
    expect(issuer.fetches()).toBe(0)
  })

  it.each(['none', 'None', 'NONE', 'nOnE'])('that says alg %s is refused, with or without a signature', async (alg) => {
    const claims = {
      ...claimsOf('north'),
      sub: 'x',
      iss: issuer.url,
      aud: audience,
      exp: seconds() + 60,
      iat: seconds(),
    }
    for (const signature of ['', 'AAAA']) {
      const token = `${base64url({ alg, typ: 'JWT' })}.${base64url(claims)}.${signature}`
      expect(await verifierOf().verify(bearer(token))).toEqual({ refusal: 'bad-token' })
    }
  })

  it('signed by HS256 with the public key as the secret is refused', async () => {
    const claims = {
      ...claimsOf('north'),
      sub: 'x',
      iss: issuer.url,
      aud: audience,
      exp: seconds() + 60,
      iat: seconds(),
    }
    const body = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url(claims)}`
    const signature = createHmac('sha256', await issuer.publicKey())
      .update(body)
      .digest('base64url')
    expect(await verifierOf().verify(bearer(`${body}.${signature}`))).toEqual({ refusal: 'bad-token' })
  })

  it('whose claims were changed after signing is refused', async () => {
    const [header, , signature] = (await issuer.sign(claimsOf('north', ['reader']))).split('.')
    const claims = {
      ...claimsOf('south'),
      sub: 'x',
      iss: issuer.url,
      aud: audience,
      exp: seconds() + 60,
      iat: seconds(),
    }
    const token = `${header}.${base64url(claims)}.${signature}`
    expect(await verifierOf().verify(bearer(token))).toEqual({ refusal: 'bad-token' })
  })

  it('that brings its own key, or says where its key is, is refused', async () => {
    const other = await openIssuer()
    const [own] = JSON.parse(await (await fetch(other.jwksUri)).text()).keys
    for (const header of [{ jwk: own }, { jku: other.jwksUri }, { jwk: own, kid: own.kid }]) {
      const token = await other.sign(claimsOf('north'), { issuer: issuer.url, header })
      expect(await verifierOf().verify(bearer(token))).toEqual({ refusal: 'bad-token' })
    }
    expect(other.fetches()).toBe(1)
    await other.close()
  })

  it.each<[string, Parameters<Issuer['sign']>]>([
    ['another issuer', [claimsOf('north'), { issuer: 'https://other.example' }]],
    ['a name that begins like the issuer', [claimsOf('north'), { issuer: 'http://127.0.0.1' }]],
    ['another audience', [claimsOf('north'), { audience: 'billing' }]],
    ['audiences without ours', [claimsOf('north'), { audience: ['billing', 'console2'] }]],
    ['an end that has passed', [claimsOf('north'), { expiresAt: seconds() - 31 }]],
    ['no end', [claimsOf('north'), { expiresAt: null }]],
    ['a beginning to come', [{ ...claimsOf('north'), nbf: seconds() + 120 }]],
    ['nobody', [{ ...claimsOf('north'), sub: undefined }]],
    ['a critical header that nobody knows', [claimsOf('north'), { header: { crit: ['x'], x: 1 } }]],
  ])('of %s is refused', async (_, [claims, changes]) => {
    const token = await issuer.sign(claims, changes).catch(() => 'a.b.c')
    expect(await verifierOf().verify(bearer(token))).toEqual({ refusal: 'bad-token' })
  })

  it('of another issuer is refused, whatever roles it claims, also under the name of one of our keys', async () => {
    const other = await openIssuer()
    const [{ kid }] = JSON.parse(await (await fetch(issuer.jwksUri)).text()).keys
    for (const changes of [{}, { issuer: issuer.url }, { issuer: issuer.url, kid }]) {
      const token = await other.sign(claimsOf('north', ['operator']), changes)
      expect(await verifierOf().verify(bearer(token))).toEqual({ refusal: 'bad-token' })
    }
    await other.close()
  })

  it.each([
    ['none', undefined],
    ['null', null],
    ['a list', ['north']],
    ['a list of two', ['north', 'south']],
    ['an object', { id: 'north' }],
    ['nothing', ''],
    ['a path', 'north/../south'],
    ['a prefix of paths', 'north/'],
    ['capitals', 'North'],
    ['a blank', 'north '],
    ['a line break', 'north\n'],
  ])('whose tenant is %s lets nobody in', async (_, tenant) => {
    expect(await verifierOf().verify(bearer(await issuer.sign(claimsOf(tenant))))).toEqual({ refusal: 'no-tenant' })
  })

  it.each([
    ['null', null],
    ['of an object', { reader: true }],
    ['in one text', 'reader reviewer operator'],
    ['in capitals', ['READER']],
    ['within a list', [['operator']]],
  ])('with roles %s has none', async (_, roles) => {
    const answer = await verifierOf().verify(bearer(await issuer.sign(claimsOf('north', roles))))
    expect(answer).toMatchObject({ identity: { roles: new Set() } })
  })

  it('gets no role from claims of other names', async () => {
    const claims = { ...claimsOf('north', ['reader']), roles: ['operator'], groups: ['operator'], role: 'operator' }
    const answer = await verifierOf().verify(bearer(await issuer.sign(claims)))
    expect(answer).toMatchObject({ identity: { roles: new Set(['reader']) } })
  })
})

describe("the issuer's keys", () => {
  it('are fetched once for many tokens', async () => {
    const verifier = verifierOf()
    for (let time = 0; time < 20; time++) await verifier.verify(bearer(await issuer.sign()))
    expect(issuer.fetches()).toBe(1)
  })

  it('are fetched anew when a token names a new one, and an old one is no longer taken', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const own = await openIssuer()
    const verifier = verifierOf(['RS256'], own)
    const old = await own.sign()
    expect(await verifier.verify(bearer(old))).toHaveProperty('identity')
    await own.rotate()
    vi.setSystemTime(Date.now() + 31_000)
    expect(await verifier.verify(bearer(await own.sign()))).toHaveProperty('identity')
    expect(await verifier.verify(bearer(old))).toEqual({ refusal: 'bad-token' })
    expect(own.fetches()).toBe(2)
    await own.close()
  })

  it('are not fetched for each of a thousand made-up names', async () => {
    const verifier = verifierOf()
    await verifier.verify(bearer(await issuer.sign()))
    const token = await issuer.sign()
    const [, claims, signature] = token.split('.')
    for (let number = 0; number < 1000; number++) {
      const made = `${base64url({ alg: 'RS256', kid: `made-${number}` })}.${claims}.${signature}`
      expect(await verifier.verify(bearer(made))).toEqual({ refusal: 'bad-token' })
    }
    expect(issuer.fetches()).toBe(1)
  })

  it.each<[string, NonNullable<Issuer['answer']>]>([
    ['fails', () => ({ status: 500, body: '' })],
    ['sends elsewhere', () => ({ status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } })],
    ['answers no JSON', () => ({ status: 200, body: '<html>' })],
    ['answers no keys', () => ({ status: 200, body: '{}' })],
    ['answers without end', () => ({ status: 200, body: `{"keys":[${' '.repeat(300_000)}]}` })],
  ])('that cannot be had are no reason to refuse the token: the endpoint %s', async (_, answer) => {
    issuer.answer = answer
    const verifier = verifierOf()
    const token = bearer(await issuer.sign())
    for (let time = 0; time < 50; time++) expect(await verifier.verify(token)).toEqual({ refusal: 'keys-unavailable' })
    expect(issuer.fetches()).toBe(1)
  })

  it('are asked for again after ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    issuer.answer = () => ({ status: 503, body: '' })
    const verifier = verifierOf()
    const token = bearer(await issuer.sign())
    await verifier.verify(token)
    issuer.answer = null
    vi.setSystemTime(Date.now() + 10_001)
    expect(await verifier.verify(token)).toHaveProperty('identity')
  })

  it('stand for an hour while the endpoint is down, and no longer', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const verifier = verifierOf()
    const far = Math.floor(Date.now() / 1000) + 100_000
    const token = bearer(await issuer.sign(claimsOf('north'), { expiresAt: far }))
    expect(await verifier.verify(token)).toHaveProperty('identity')
    issuer.answer = () => ({ status: 503, body: '' })
    vi.setSystemTime(Date.now() + 50 * 60_000)
    expect(await verifier.verify(token)).toHaveProperty('identity')
    vi.setSystemTime(Date.now() + 11 * 60_000)
    expect(await verifier.verify(token)).toEqual({ refusal: 'keys-unavailable' })
  })

  it('of a closed port cannot be had', async () => {
    const own = await openIssuer()
    const token = bearer(await own.sign())
    await own.close()
    expect(await verifierOf(['RS256'], own).verify(token)).toEqual({ refusal: 'keys-unavailable' })
  })
})
