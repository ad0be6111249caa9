import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import * as z from 'zod'
import { review, reviewRequest } from '../contract/review.ts'
import { studyId } from '../contract/worklist.ts'
import { buildLabelTable } from './build-label-table.ts'
import type { Reviews, Studies } from './console-ports.ts'
import { problemContent, studyNotFound } from './problem-response.ts'

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
  },
})

const labelsRoute = createRoute({
  method: 'get',
  path: '/api/reviews/labels.csv',
  summary: 'All reviews as a table of labels that `pleura evaluate --labels` reads',
  responses: { 200: { description: 'The table', content: { 'text/csv': { schema: z.string() } } } },
})

export function addReviewRoutes(api: OpenAPIHono, studies: Studies, reviews: Reviews): void {
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
    return c.json(await reviews.add(row, result?.screeningKey ?? null, c.req.valid('json')), 201)
  })

  api.openapi(labelsRoute, async (c) => {
    const all = await reviews.all()
    const names = new Map<string, string>()
    for (const { studyId } of all) names.set(studyId, (await studies.row(studyId))?.names[0] ?? studyId)
    return c.body(buildLabelTable(all, names), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="labels.csv"',
    })
  })
}
