import { type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose'
import { type ClaimNames, type Identity, identityOf } from './identity.ts'
import { KeysUnavailableError } from './issuer-keys.ts'

export interface TokenSettings {
  readonly issuer: string
  readonly audience: string
  readonly algorithms: readonly string[]
  readonly claims: ClaimNames
}

/** Clocks of issuer and Lambda may differ by this. Unit: seconds. */
const clockTolerance = 30
/** API Gateway takes 10 KB of headers. Unit: characters. */
const longestToken = 8 * 1024

/** Why nobody was let in. `no-tenant`: the token is good, and belongs to no tenant. */
export type Refusal = 'no-token' | 'bad-token' | 'no-tenant' | 'keys-unavailable'

export type TokenAnswer = { readonly identity: Identity } | { readonly refusal: Refusal }

/** Checks bearer tokens of one issuer. @see RFC 6750, RFC 7519, RFC 8725 */
export class TokenVerifier {
  readonly #keys: JWTVerifyGetKey
  readonly #claims: ClaimNames
  readonly #options: JWTVerifyOptions

  constructor(keys: JWTVerifyGetKey, { issuer, audience, algorithms, claims }: TokenSettings) {
    this.#keys = keys
    this.#claims = claims
    this.#options = {
      issuer,
      audience,
      algorithms: [...algorithms],
      requiredClaims: ['exp', 'iat', 'sub'],
      clockTolerance,
    }
  }

  async verify(authorization: string | undefined): Promise<TokenAnswer> {
    if (authorization === undefined) return { refusal: 'no-token' }
    const token = authorization.length <= longestToken && /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1]
    if (!token) return { refusal: 'bad-token' }
    try {
      const { payload } = await jwtVerify(token, this.#keys, this.#options)
      const identity = identityOf(payload, this.#claims)
      return identity ? { identity } : { refusal: 'no-tenant' }
    } catch (error) {
      // Whatever else is wrong is wrong with the token: it must never let anybody in.
      return { refusal: isUnavailable(error) ? 'keys-unavailable' : 'bad-token' }
    }
  }
}

const isUnavailable = (error: unknown): boolean =>
  error instanceof KeysUnavailableError || (error as { code?: unknown }).code === 'ERR_JWKS_TIMEOUT'
