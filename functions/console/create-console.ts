import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'
import { secureHeaders } from 'hono/secure-headers'
import { describeError, type OperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import { nothingHere, problemResponse } from '../../lib/console/api/problem-response.ts'
import { type RouteAccess, routeAccess } from '../../lib/console/api/route-access.ts'
import { imageId } from '../../lib/screening/screening-job/study-keys.ts'
import type { Tenant } from '../../lib/screening/screening-job/tenant.ts'
import type { AuditTrail } from './audit-trail.ts'
import type { Identity } from './identity.ts'
import type { GuardedRequest, TenantConsole } from './tenant-console.ts'
import type { Refusal, TokenVerifier } from './token-verifier.ts'

export interface ConsoleParts {
  readonly verifier: Pick<TokenVerifier, 'verify'>
  readonly tenantOf: (id: string) => Promise<Tenant | undefined>
  readonly consoleOf: (tenant: string) => TenantConsole
  readonly audit: Pick<AuditTrail, 'record'>
  readonly telemetry: OperationalLog
}

/** Their lists and documents are kept in memory; of more tenants the one asked for longest ago is forgotten. */
const tenantsKept = 8

interface Guarded {
  Variables: { identity: Identity; console: TenantConsole }
}

/**
 * The console's API behind its access control. A request is let through when its token is good, its tenant is set up, the
 * table has its route, and its roles are enough; then it meets the routes over its own tenant's objects, and no others.
 */
export function createConsole(parts: ConsoleParts): Hono<Guarded> {
  const { verifier, telemetry } = parts
  const consoles = new Map<string, TenantConsole>()
  const consoleOf = (tenant: string): TenantConsole => {
    const opened = consoles.get(tenant) ?? parts.consoleOf(tenant)
    consoles.delete(tenant)
    consoles.set(tenant, opened)
    if (consoles.size > tenantsKept) consoles.delete(consoles.keys().next().value!)
    return opened
  }
  const app = new Hono<Guarded>()
  app.use(compress())
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] },
      crossOriginResourcePolicy: 'same-origin',
      referrerPolicy: 'no-referrer',
      strictTransportSecurity: 'max-age=63072000; includeSubDomains',
    }),
  )
  app.use(async (c, next) => {
    const answer = await verifier.verify(c.req.header('authorization'))
    if ('refusal' in answer) return refuse(c, answer.refusal, telemetry)
    if (!(await parts.tenantOf(answer.identity.tenant))) return refuse(c, 'no-tenant', telemetry)
    c.set('identity', answer.identity)
    c.set('console', consoleOf(answer.identity.tenant))
    await next()
  })
  for (const [route, access] of Object.entries(routeAccess)) {
    const [method, path] = route.split(' ')
    app.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), answerRoute(access, parts))
  }
  app.notFound(nothingHere)
  app.onError((error, c) => {
    telemetry.log('error', 'console-failed', describeError(error))
    return problemResponse(c, 500, 'The console failed', 'Try again; if it stays, the log of the function says more.')
  })
  return app
}

const answerRoute =
  ({ roles, audit }: RouteAccess, parts: ConsoleParts): MiddlewareHandler<Guarded> =>
  async (c) => {
    const { identity, console } = c.var
    if (!roles.some((role) => identity.roles.has(role))) {
      parts.telemetry.log('warn', 'role-missing', { tenant: identity.tenant, route: c.req.routePath })
      return problemResponse(c, 403, 'Your role does not allow this', 'Ask whoever administers the accounts for it.')
    }
    if (audit) {
      const named: Record<string, string | undefined> = c.req.param()
      const about = await aboutOf(named, console)
      try {
        if (about) await parts.audit.record(identity, audit, about)
      } catch (error) {
        parts.telemetry.log('error', 'audit-failed', { tenant: identity.tenant, ...describeError(error) })
        return problemResponse(
          c,
          503,
          'Nothing is shown now',
          'Who sees a picture must be recorded, and cannot. Try again.',
        )
      }
    }
    return console.api.fetch(c.req.raw, { identity } satisfies GuardedRequest)
  }

/** What a record is about; null where there is no such image, of which the routes behind say so. */
async function aboutOf(
  { studyId, reviewId }: Record<string, string | undefined>,
  { studies }: TenantConsole,
): Promise<{ imageId: string | null; reviewId: string | null } | null> {
  if (studyId === undefined) return { imageId: null, reviewId: null }
  if (!imageId.safeParse(studyId).success || !(await studies.row(studyId))) return null
  return { imageId: studyId, reviewId: reviewId ?? null }
}

const refusals: Readonly<Record<Refusal, readonly [401 | 403 | 503, string, string]>> = {
  'no-token': [401, 'Sign in first', 'The request needs a token of the issuer.'],
  'bad-token': [401, 'Sign in again', 'The token is not good, or no longer.'],
  'no-tenant': [403, 'You belong to no tenant', 'Ask whoever administers the accounts to name yours.'],
  'keys-unavailable': [503, 'Nobody can be let in now', "The issuer's keys cannot be fetched. Try again in a minute."],
}

function refuse(c: Context, refusal: Refusal, telemetry: OperationalLog): Response {
  const [status, title, detail] = refusals[refusal]
  // Nothing of a token that was not believed.
  if (refusal !== 'no-token') telemetry.log('warn', 'not-let-in', { refusal })
  // @see RFC 6750 3
  if (status === 401) c.header('www-authenticate', refusal === 'no-token' ? 'Bearer' : 'Bearer error="invalid_token"')
  if (status === 503) c.header('retry-after', '30')
  c.header('cache-control', 'no-store')
  return problemResponse(c, status, title, detail)
}
