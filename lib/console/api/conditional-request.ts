import type { Context } from 'hono'

/** @see RFC 9110 13.1.2 */
export function isUnchanged(c: Context, etag: string): boolean {
  const known = c.req.header('if-none-match')?.split(',') ?? []
  return known.some((tag) => tag.trim().replace(/^W\//, '') === etag)
}

export const notModified = (c: Context, etag: string) => c.body(null, 304, { etag })
