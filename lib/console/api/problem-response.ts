import type { Context } from 'hono'
import { type Problem, problem } from '../contract/problem.ts'
import { allowedMethods } from './allowed-methods.ts'
import { noSuchStudy } from './frame-reader.ts'

export const problemContent = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problem } },
})

/** @param detail What to do about it. Names nobody, repeats nothing of the request. */
export function problemResponse<S extends 400 | 401 | 403 | 404 | 405 | 409 | 413 | 421 | 422 | 500 | 503 | 507>(
  c: Context,
  status: S,
  title: string,
  detail: string,
  code?: string,
) {
  const body: Problem = { type: 'about:blank', title, status, detail, ...(code && { code }) }
  return c.json(body, status, { 'content-type': 'application/problem+json' })
}

export const studyNotFound = (c: Context) =>
  problemResponse(c, noSuchStudy.status, noSuchStudy.title, noSuchStudy.detail)

/** To what no route has taken: there is no such path, or nothing of the kind is done there. @see RFC 9110 15.5.6 */
export function nothingHere(c: Context): Response {
  const allowed = allowedMethods(c.req.path)
  if (allowed.length === 0) return problemResponse(c, 404, 'Nothing here', 'Check the address.')
  c.header('allow', allowed.join(', '))
  return problemResponse(c, 405, 'This is not done here', `What is: ${allowed.join(', ')}.`)
}
