import type { Problem } from '../contract/problem.ts'
import { SignInError } from './sign-in/code-exchange.ts'
import { authorization, isSignedIn } from './sign-in/session.ts'

/** The server answered that it does not do this; the message is for the reader. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly status: number
  readonly title: string
  readonly code: string | undefined
  /** The server asks for a token of an issuer: it is not of one machine. */
  readonly asksForToken: boolean

  constructor({ status, title, detail, code }: Problem, asksForToken = false) {
    super(detail)
    this.status = status
    this.title = title
    this.code = code
    this.asksForToken = asksForToken
  }
}

/** @throws {ProblemError} when the server refuses; {TypeError} when it cannot be reached */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...(init.headers as Record<string, string> | undefined), ...(await authorization()) }
  const response = await fetch(path, { ...init, headers, cache: 'no-store' })
  if (response.ok || response.status === 304) return response
  const asksForToken = response.headers.get('www-authenticate')?.startsWith('Bearer') ?? false
  throw new ProblemError(await problemOf(response), asksForToken)
}

export async function requestJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  return (await request(path, init)).json()
}

export const sendJson = <T>(path: string, body: unknown, init: RequestInit = {}): Promise<T> =>
  requestJson(path, {
    ...init,
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })

/** What is between the page and the server may answer in its own words. */
async function problemOf(response: Response): Promise<Problem> {
  const { status } = response
  const fallback: Problem = {
    type: 'about:blank',
    title: 'The server refused',
    status,
    detail: `It answered ${status}.`,
  }
  return response.json().catch(() => fallback)
}

/** What went wrong, for the reader. */
export const describeError = (error: unknown): string =>
  error instanceof ProblemError
    ? `${error.title}. ${error.message}`
    : error instanceof SignInError
      ? error.message
      : error instanceof DOMException && error.name === 'NotReadableError'
        ? 'The file has changed since it was chosen, or is gone. Choose it again.'
        : isSignedIn()
          ? 'The server cannot be reached. Is there a network?'
          : 'The server cannot be reached. Is `pleura serve` still running?'
