import type { JWTPayload } from 'jose'
import { type Role, roles } from '../../lib/console/api/route-access.ts'
import { tenantId } from '../../lib/screening/screening-job/tenant.ts'

/** Who asks, as the issuer has signed it. */
export interface Identity {
  /** The issuer's own identifier of the person. */
  readonly subject: string
  /** By which reviews name the person. */
  readonly name: string
  readonly tenant: string
  readonly roles: ReadonlySet<Role>
}

export interface ClaimNames {
  readonly tenant: string
  readonly roles: string
  readonly name: string
}

/** Of a reviewer's name. Unit: characters. */
const longestName = 100

/**
 * Reads the claims of a token that was checked. No other claim counts.
 * @returns null when they name no one tenant, or nobody
 */
export function identityOf(claims: JWTPayload, names: ClaimNames): Identity | null {
  const subject = claims.sub
  const tenant = tenantId.safeParse(ownClaim(claims, names.tenant))
  if (!tenant.success || typeof subject !== 'string' || subject === '') return null
  const name = ownClaim(claims, names.name)
  const plain = typeof name === 'string' ? name.replaceAll(/[\p{Cc}\p{Cs}]/gu, '').trim() : ''
  return {
    subject,
    name: [...(plain || subject)].slice(0, longestName).join(''),
    tenant: tenant.data,
    roles: rolesOf(ownClaim(claims, names.roles)),
  }
}

/** What every object inherits is no claim. */
const ownClaim = (claims: JWTPayload, name: string): unknown => (Object.hasOwn(claims, name) ? claims[name] : undefined)

/** A list of names, or one; names that are no role of ours are somebody else's. */
function rolesOf(claim: unknown): ReadonlySet<Role> {
  const named: readonly unknown[] = Array.isArray(claim) ? claim : [claim]
  return new Set(roles.filter((role) => named.includes(role)))
}
