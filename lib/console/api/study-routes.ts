import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import * as z from 'zod'
import { sha256Hex } from '../../screening/kernel/identifiers.ts'
import { frameFacts, frameGrant } from '../contract/frame.ts'
import { study } from '../contract/study.ts'
import { textUpTo } from '../contract/text-up-to.ts'
import { studyId, worklistChanges } from '../contract/worklist.ts'
import { isUnchanged, notModified } from './conditional-request.ts'
import type { Frames, Studies } from './console-ports.ts'
import { isRefusal } from './frame-reader.ts'
import { problemContent, problemResponse, studyNotFound } from './problem-response.ts'

const params = z.object({ studyId })
const unchanged = { description: 'Unchanged since the ETag in If-None-Match' }
const binary = { schema: z.string().meta({ format: 'binary' }) }

const listRoute = createRoute({
  method: 'get',
  path: '/api/studies',
  summary: 'The worklist, or what changed in it',
  request: { query: z.object({ since: textUpTo(100).optional().meta({ description: 'A cursor' }) }) },
  responses: {
    200: { description: 'Rows, in no order', content: { 'application/json': { schema: worklistChanges } } },
    304: unchanged,
    400: problemContent('The query is none of this API'),
  },
})

const studyRoute = createRoute({
  method: 'get',
  path: '/api/studies/{studyId}',
  summary: 'One row and its result',
  request: { params },
  responses: {
    200: { description: 'The study', content: { 'application/json': { schema: study } } },
    304: unchanged,
    400: problemContent('Not an id'),
    404: problemContent('No such study'),
  },
})

const readingRoute = createRoute({
  method: 'put',
  path: '/api/studies/{studyId}/reading',
  summary: 'Says that somebody is reading this study now',
  request: { params },
  responses: {
    204: { description: 'Noted' },
    400: problemContent('Not an id'),
    404: problemContent('No such study'),
  },
})

const factsRoute = createRoute({
  method: 'get',
  path: '/api/studies/{studyId}/frame-facts',
  summary: 'What a viewer must know to show the frame',
  request: { params },
  responses: {
    200: { description: 'The facts', content: { 'application/json': { schema: frameFacts } } },
    400: problemContent('Not an id'),
    404: problemContent('No such study'),
    409: problemContent('There is nothing to be shown'),
  },
})

const frameRoute = createRoute({
  method: 'get',
  path: '/api/studies/{studyId}/frame',
  summary: 'The samples: rows × columns unsigned 16-bit numbers, little end first, row by row',
  request: { params },
  responses: {
    200: {
      description: 'The samples, or in AWS where they lie for a minute',
      content: { 'application/octet-stream': binary, 'application/json': { schema: frameGrant } },
    },
    304: unchanged,
    400: problemContent('Not an id'),
    404: problemContent('No such study'),
    409: problemContent('There is nothing to be shown'),
  },
})

const pictureRoute = (path: string, summary: string) =>
  createRoute({
    method: 'get',
    path: `/api/studies/{studyId}/${path}`,
    summary,
    request: { params },
    responses: {
      200: { description: 'The picture', content: { 'image/png': binary } },
      400: problemContent('Not an id'),
      404: problemContent('No such picture'),
    },
  })

export function addStudyRoutes(api: OpenAPIHono, studies: Studies, frames: Frames): void {
  api.openapi(listRoute, async (c) => {
    const changes = await studies.changes(c.req.valid('query').since ?? null)
    const etag = `"${changes.cursor}"`
    if (isUnchanged(c, etag)) return notModified(c, etag)
    return c.json(changes, 200, { etag })
  })

  api.openapi(studyRoute, async (c) => {
    const { studyId } = c.req.valid('param')
    const row = await studies.row(studyId)
    if (!row) return studyNotFound(c)
    const result = await studies.result(studyId)
    const digits = sha256Hex(JSON.stringify(row)).slice(0, 16)
    const etag = `"${result?.screeningKey.slice(0, 16) ?? 'none'}-${result?.analysedAt ?? ''}-${digits}"`
    if (isUnchanged(c, etag)) return notModified(c, etag)
    const activationMap = await studies.document(studyId, 'class-activation-map.png')
    return c.json({ row, result, hasClassActivationMap: activationMap !== null }, 200, { etag })
  })

  api.openapi(readingRoute, async (c) => {
    const { studyId } = c.req.valid('param')
    if (!(await studies.row(studyId))) return studyNotFound(c)
    await studies.markInReading(studyId)
    return c.body(null, 204)
  })

  api.openapi(factsRoute, async (c) => {
    const facts = await frames.facts(c.req.valid('param').studyId)
    if (isRefusal(facts)) return problemResponse(c, facts.status, facts.title, facts.detail)
    return c.json(facts, 200)
  })

  api.openapi(frameRoute, async (c) => {
    const { studyId } = c.req.valid('param')
    if (!(await studies.row(studyId))) return studyNotFound(c)
    // The id is a digest of the file: its samples never change.
    const etag = `"${studyId}"`
    if (isUnchanged(c, etag)) return notModified(c, etag)
    const samples = await frames.samples(studyId)
    if ('href' in samples) return c.json(samples, 200)
    if (isRefusal(samples)) return problemResponse(c, samples.status, samples.title, samples.detail)
    return c.body(littleEndian(samples), 200, { 'content-type': 'application/octet-stream', etag })
  })

  for (const [path, name, summary] of [
    ['mask', 'mask.png', 'The mask: 8-bit PNG in the geometry of the source, 255 air'],
    [
      'class-activation-map',
      'class-activation-map.png',
      "Where the classifier looked: 8-bit PNG on the network's upright grid",
    ],
  ] as const) {
    api.openapi(pictureRoute(path, summary), async (c) => {
      const picture = await studies.document(c.req.valid('param').studyId, name)
      if (!picture) return problemResponse(c, 404, 'No such picture', 'This result has none.')
      return c.body(new Uint8Array(picture), 200, { 'content-type': 'image/png' })
    })
  }
}

/** Every machine that Node runs on today has the little end first; the contract says so all the same. */
export function littleEndian(samples: Uint16Array): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
  const isLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
  return new Uint8Array(isLittle ? bytes : Buffer.from(bytes).swap16())
}
