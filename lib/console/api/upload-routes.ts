import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import * as z from 'zod'
import { upload, uploadId, uploadRequest } from '../contract/upload.ts'
import { UploadRefusedError, type Uploads } from './console-ports.ts'
import { problemContent, problemResponse } from './problem-response.ts'

const params = z.object({ uploadId })
const partParams = z.object({
  uploadId,
  number: z.string().regex(/^[1-9]\d{0,4}$/),
})
const bytes = {
  required: true,
  content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } },
}
const uploadContent = { 'application/json': { schema: upload } }
const diskFull = problemContent('There is no room on the disk; what has come is kept for a day')

const grantRoute = createRoute({
  method: 'post',
  path: '/api/uploads',
  summary: 'Asks where the bytes of a file may go',
  request: { body: { required: true, content: { 'application/json': { schema: uploadRequest } } } },
  responses: {
    201: { description: 'Granted', content: uploadContent },
    400: problemContent('Not a request for an upload'),
    409: problemContent('Too many uploads at a time'),
    413: problemContent('The file is larger than a radiograph can be'),
    507: diskFull,
  },
})

const findRoute = createRoute({
  method: 'get',
  path: '/api/uploads/{uploadId}',
  summary: 'How far an upload is',
  request: { params },
  responses: {
    200: { description: 'The upload', content: uploadContent },
    400: problemContent('Not an id'),
    404: problemContent('No such upload'),
  },
})

const receiveRoute = createRoute({
  method: 'put',
  path: '/api/uploads/{uploadId}/content',
  summary: 'Takes the bytes; they are on disk when this is answered, and are screened next',
  request: { params, body: bytes },
  responses: {
    202: { description: 'Taken', content: uploadContent },
    400: problemContent('Not an id'),
    404: problemContent('No such upload'),
    409: problemContent('Taken already, or not as many bytes as were asked for (`broken-off`)'),
    413: problemContent('More bytes than were asked for'),
    507: diskFull,
  },
})

const partRoute = createRoute({
  method: 'put',
  path: '/api/uploads/{uploadId}/parts/{number}',
  summary: 'Takes one part; it is on disk when this is answered, and may be sent again',
  request: { params: partParams, body: bytes },
  responses: {
    204: { description: 'Taken' },
    400: problemContent('Not an id, or not a number of a part'),
    404: problemContent('No such upload, or it is complete already; or no such part'),
    409: problemContent('Not as many bytes as the part has (`broken-off`)'),
    413: problemContent('More bytes than the part has'),
    507: diskFull,
  },
})

const completeRoute = createRoute({
  method: 'post',
  path: '/api/uploads/{uploadId}/completion',
  summary: 'Puts the parts together and has the file screened; asked again, it says how far that is',
  request: { params },
  responses: {
    202: { description: 'Taken', content: uploadContent },
    400: problemContent('Not an id'),
    404: problemContent('No such upload'),
    409: problemContent(
      'Parts are missing (`parts-missing`), or together they are not the file that was announced (`wrong-digest`): they are forgotten then; or the file goes whole',
    ),
    507: diskFull,
  },
})

const cancelRoute = createRoute({
  method: 'delete',
  path: '/api/uploads/{uploadId}',
  summary: 'Forgets an upload and what has come of it',
  request: { params },
  responses: {
    204: { description: 'Forgotten' },
    400: problemContent('Not an id'),
    404: problemContent('No such upload'),
    409: problemContent('It was taken whole already'),
  },
})

export function addUploadRoutes(api: OpenAPIHono, uploads: Uploads): void {
  api.openapi(grantRoute, async (c) => {
    try {
      return c.json(await uploads.grant(c.req.valid('json')), 201)
    } catch (error) {
      return refusal(c, error, [409, 413, 507])
    }
  })

  api.openapi(findRoute, async (c) => {
    const found = await uploads.find(c.req.valid('param').uploadId)
    if (!found) return problemResponse(c, 404, 'No such upload', 'Send the file again.')
    return c.json(found, 200)
  })

  api.openapi(receiveRoute, async (c) => {
    try {
      return c.json(await uploads.receive(c.req.valid('param').uploadId, bodyOf(c)), 202)
    } catch (error) {
      return refusal(c, error, [404, 409, 413, 507])
    }
  })

  api.openapi(partRoute, async (c) => {
    const { uploadId, number } = c.req.valid('param')
    try {
      await uploads.receivePart(uploadId, Number(number), bodyOf(c))
      return c.body(null, 204)
    } catch (error) {
      return refusal(c, error, [404, 409, 413, 507])
    }
  })

  api.openapi(completeRoute, async (c) => {
    try {
      return c.json(await uploads.complete(c.req.valid('param').uploadId), 202)
    } catch (error) {
      return refusal(c, error, [404, 409, 507])
    }
  })

  api.openapi(cancelRoute, async (c) => {
    try {
      await uploads.cancel(c.req.valid('param').uploadId)
      return c.body(null, 204)
    } catch (error) {
      return refusal(c, error, [404, 409])
    }
  })
}

/** @throws what is no refusal, or none that the route has */
function refusal<S extends UploadRefusedError['status']>(c: Context, error: unknown, statuses: readonly S[]) {
  const status = statuses.find((known) => error instanceof UploadRefusedError && error.status === known)
  if (status === undefined) throw error
  const { message, code } = error as UploadRefusedError
  return problemResponse(c, status, 'The upload is refused', message, code)
}

/** A connection that ends is the sender's matter, and no failure of ours. */
async function* bodyOf(c: Context): AsyncIterable<Uint8Array> {
  try {
    yield* c.req.raw.body ?? []
  } catch (cause) {
    throw new UploadRefusedError(409, 'The connection broke off. Send it again.', 'broken-off', { cause })
  }
}
