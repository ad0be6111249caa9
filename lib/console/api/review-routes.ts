import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import * as z from 'zod'
import { review, reviewRequest } from '../contract/review.ts'
import { studyId } from '../contract/worklist.ts'
import { buildLabelTable } from './build-label-table.ts'
import type { ConsoleBackend } from './create-api.ts'
import { labelNames } from './label-names.ts'
import { lastWordsOf } from './last-words.ts'
import { problemContent, problemResponse, studyNotFound } from './problem-response.ts'
import { MaskRefusedError, readDrawnMask } from './read-drawn-mask.ts'

const params = z.object({ studyId })

const listRoute = createRoute({
  method: 'get',
  path: '/api/studies/{studyId}/reviews',
  summary: 'What readers said of this study, oldest first',
  request: { params },
  responses: {
    200: { description: 'The reviews', content: { 'application/json': { schema: z.array(review) } } },
    400: problemContent('Not an id'),
    404: problemContent('No such study'),
  },
})

const addRoute = createRoute({
  method: 'post',
  path: '/api/studies/{studyId}/reviews',
  summary: 'Stores what a reader says, beside the result and beside earlier reviews',
  request: { params, body: { required: true, content: { 'application/json': { schema: reviewRequest } } } },
  responses: {
    201: { description: 'Stored', content: { 'application/json': { schema: review } } },
    400: problemContent('Not a review'),
    404: problemContent('No such study'),
    409: problemContent('There is no picture that a mask could belong to'),
    413: problemContent('A mask is not as large as this'),
    422: problemContent('The mask is none of this image: `code` says why'),
  },
})

const maskRoute = createRoute({
  method: 'get',
  path: '/api/studies/{studyId}/reviews/{reviewId}/mask',
  summary: 'What a reader has drawn: 8-bit PNG in the geometry of the source, 255 air',
  request: { params: z.object({ studyId, reviewId: z.uuid() }) },
  responses: {
    200: {
      description: 'The mask',
      content: { 'image/png': { schema: z.string().meta({ format: 'binary' }) } },
    },
    400: problemContent('Not an id'),
    404: problemContent('No such mask'),
  },
})

const labelsRoute = createRoute({
  method: 'get',
  path: '/api/reviews/labels.csv',
  summary: 'All reviews as a table of labels that `pleura evaluate --labels` reads',
  responses: { 200: { description: 'The table', content: { 'text/csv': { schema: z.string() } } } },
})

/** Why a mask is not taken, and what to do. */
export const maskRefusal = (c: Context, { status, message, code }: MaskRefusedError) =>
  problemResponse(c, status, 'The mask is refused', message, code)

type Backend = Pick<ConsoleBackend, 'studies' | 'reviews' | 'codecs' | 'reviewerOf'>

export function addReviewRoutes(api: OpenAPIHono, { studies, reviews, codecs, reviewerOf }: Backend): void {
  api.openapi(listRoute, async (c) => {
    const { studyId } = c.req.valid('param')
    if (!(await studies.row(studyId))) return studyNotFound(c)
    return c.json([...(await reviews.list(studyId))], 200)
  })

  api.openapi(addRoute, async (c) => {
    const { studyId } = c.req.valid('param')
    const row = await studies.row(studyId)
    if (!row) return studyNotFound(c)
    const result = await studies.result(studyId)
    const { mask, ...said } = c.req.valid('json')
    const words = { ...said, reviewer: reviewerOf(c) ?? said.reviewer }
    try {
      const drawn =
        mask === null ? null : await readDrawnMask(Buffer.from(mask, 'base64'), result?.source ?? null, codecs)
      return c.json(await reviews.add(row, result?.screeningKey ?? null, words, drawn), 201)
    } catch (error) {
      if (!(error instanceof MaskRefusedError)) throw error
      return maskRefusal(c, error)
    }
  })

  api.openapi(maskRoute, async (c) => {
    const { studyId, reviewId } = c.req.valid('param')
    const mask = await reviews.mask(studyId, reviewId)
    if (!mask) return problemResponse(c, 404, 'No such mask', 'This review has none.')
    return c.body(new Uint8Array(mask), 200, { 'content-type': 'image/png' })
  })

  api.openapi(labelsRoute, async (c) => {
    const all = await reviews.all()
    const { rows } = await studies.changes(null)
    return c.body(buildLabelTable(lastWordsOf(all), labelNames(rows)), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="labels.csv"',
    })
  })
}
