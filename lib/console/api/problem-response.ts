import type { Context } from 'hono'
import { type Problem, problem } from '../contract/problem.ts'
import { noSuchStudy } from './frame-reader.ts'

export const problemContent = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problem } },
})

/** @param detail What to do about it. Names nobody, repeats nothing of the request. */
export function problemResponse<S extends 400 | 401 | 403 | 404 | 409 | 413 | 421 | 500 | 503>(
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
