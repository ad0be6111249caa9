import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { problemResponse } from '../../console/api/problem-response.ts'

const loopbackHosts = ['127.0.0.1', 'localhost', '[::1]']

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

/**
 * Who may use the console of one machine. On the loopback interface whoever works on the machine, by a loopback name
 * only: a name of the outside that was made to point here is refused. On any other interface whoever has the token. In
 * both, other pages of the same browser may neither read nor write.
 */
export class ConsoleAccess {
  readonly #tokenDigest: Buffer | null
  /** A browser that gave the token has this instead; it ends with the program. */
  readonly #session = randomBytes(32).toString('base64url')

  /** @param token Null: none is asked for. */
  constructor(token: string | null) {
    this.#tokenDigest = token === null ? null : digestOf(token)
  }

  readonly guard: MiddlewareHandler = async (c, next) => {
    const url = new URL(c.req.url)
    if (this.#tokenDigest === null && !loopbackHosts.includes(url.hostname)) {
      return problemResponse(c, 421, 'Not the address of this console', 'Use http://127.0.0.1 and the port.')
    }
    if (!url.pathname.startsWith('/api/')) return next()
    if (!isOfOwnPage(c.req.header('sec-fetch-site'), c.req.header('origin'), url)) {
      return problemResponse(c, 403, 'Another page may not do this', "Use the console's own page.")
    }
    if (url.pathname === '/api/session' || this.#isKnown(c.req.header('authorization'), getCookie(c, nameOf(url)))) {
      return next()
    }
    return problemResponse(c, 401, 'A token is needed', 'Give the token that `pleura serve` has printed.')
  }

  /** Exchanges the token for a cookie that scripts cannot read. */
  readonly signIn: MiddlewareHandler = async (c) => {
    const token = await c.req.text()
    if (!this.#isToken(token)) {
      return problemResponse(c, 401, 'That is not the token', 'Copy it from what `pleura serve` has printed.')
    }
    const url = new URL(c.req.url)
    setCookie(c, nameOf(url), this.#session, { httpOnly: true, sameSite: 'Strict', path: '/' })
    return c.body(null, 204)
  }

  #isKnown(authorization: string | undefined, session: string | undefined): boolean {
    if (this.#tokenDigest === null) return true
    const token = /^Bearer (.{1,200})$/.exec(authorization ?? '')?.[1]
    return (token !== undefined && this.#isToken(token)) || isEqual(digestOf(session ?? ''), digestOf(this.#session))
  }

  #isToken(token: string): boolean {
    return this.#tokenDigest === null || isEqual(digestOf(token), this.#tokenDigest)
  }
}

/** Cookies do not tell ports apart: two consoles of one machine must not take each other's. */
const nameOf = (url: URL): string => `pleura-${url.port}`

/**
 * Whether a request comes from the console's page, from the reader's own hand, or from no browser at all. A page on
 * another port of this machine counts as the same site, and is refused.
 * @see W3C Fetch Metadata Request Headers
 */
function isOfOwnPage(site: string | undefined, origin: string | undefined, url: URL): boolean {
  // The scheme is not compared: a proxy that speaks TLS stands before this server.
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== url.host)) return false
  return site === undefined || site === 'same-origin' || site === 'none'
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()
const isEqual = (a: Buffer, b: Buffer): boolean => timingSafeEqual(a, b)
