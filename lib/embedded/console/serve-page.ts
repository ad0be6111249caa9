import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { MiddlewareHandler } from 'hono'
import { isUnchanged, notModified } from '../../console/api/conditional-request.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { packageRoot } from '../package-root.ts'

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The built page, read once. No path of a request ever reaches the file system. */
export async function servePage(): Promise<MiddlewareHandler> {
  const folder = join(packageRoot, 'dist/lib/console/page')
  const names = await readdir(folder).catch((cause) => {
    throw new ConfigurationError('The page of the console is not built. Run: npm run build', { cause })
  })
  const files = new Map<string, { body: Uint8Array<ArrayBuffer>; mediaType: string; etag: string }>()
  for (const name of names) {
    const mediaType = mediaTypes[extname(name)]
    if (!mediaType) continue
    const body = new Uint8Array(await readFile(join(folder, name)))
    const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`
    files.set(name === 'index.html' ? '/' : `/${name}`, { body, mediaType, etag })
  }
  return async (c, next) => {
    const file = files.get(c.req.path)
    if (!file || (c.req.method !== 'GET' && c.req.method !== 'HEAD')) return next()
    if (isUnchanged(c, file.etag)) return notModified(c, file.etag)
    return c.body(file.body, 200, { 'content-type': file.mediaType, 'cache-control': 'no-cache', etag: file.etag })
  }
}
