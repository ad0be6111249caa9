import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import * as z from 'zod'
import { upload, uploadId, uploadRequest } from '../contract/upload.ts'
import { UploadRefusedError, type Uploads } from './console-ports.ts'
import { problemContent, problemResponse } from './problem-response.ts'

const params = z.object({ uploadId })

const grantRoute = createRoute({
  method: 'post',
  path: '/api/uploads',
  summary: 'Asks where the bytes of a file may go',
  request: { body: { required: true, content: { 'application/json': { schema: uploadRequest } } } },
  responses: {
    201: { description: 'Granted', content: { 'application/json': { schema: upload } } },
    400: problemContent('Not a request for an upload'),
    409: problemContent('Too many uploads at a time'),
    413: problemContent('The file is larger than a radiograph can be'),
  },
})

const findRoute = createRoute({
  method: 'get',
  path: '/api/uploads/{uploadId}',
  summary: 'How far an upload is',
  request: { params },
  responses: {
    200: { description: 'The upload', content: { 'application/json': { schema: upload } } },
    400: problemContent('Not an id'),
    404: problemContent('No such upload'),
  },
})

const receiveRoute = createRoute({
  method: 'put',
  path: '/api/uploads/{uploadId}/content',
  summary: 'Takes the bytes; they are on disk when this is answered, and are screened next',
  request: {
    params,
    body: {
      required: true,
      content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } },
    },
  },
  responses: {
    202: { description: 'Taken', content: { 'application/json': { schema: upload } } },
    400: problemContent('Not an id'),
    404: problemContent('No such upload'),
    409: problemContent('Taken already, or not as many bytes as were asked for'),
    413: problemContent('More bytes than were asked for'),
  },
})

export function addUploadRoutes(api: OpenAPIHono, uploads: Uploads): void {
  api.openapi(grantRoute, async (c) => {
    try {
      return c.json(await uploads.grant(c.req.valid('json')), 201)
    } catch (error) {
      if (!(error instanceof UploadRefusedError) || error.status === 404) throw error
      return problemResponse(c, error.status, 'The upload is refused', error.message)
    }
  })

  api.openapi(findRoute, async (c) => {
    const found = await uploads.find(c.req.valid('param').uploadId)
    if (!found) return problemResponse(c, 404, 'No such upload', 'Send the file again.')
    return c.json(found, 200)
  })

  api.openapi(receiveRoute, async (c) => {
    const body = c.req.raw.body
    try {
      return c.json(await uploads.receive(c.req.valid('param').uploadId, body ?? empty()), 202)
    } catch (error) {
      if (!(error instanceof UploadRefusedError)) throw error
      return problemResponse(c, error.status, 'The upload is refused', error.message)
    }
  })
}

async function* empty(): AsyncIterable<Uint8Array> {}
