import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import * as z from 'zod'
import { priors } from '../contract/priors.ts'
import { studyId } from '../contract/worklist.ts'
import type { PriorSearch, Studies } from './console-ports.ts'
import { problemContent, studyNotFound } from './problem-response.ts'

const route = createRoute({
  method: 'get',
  path: '/api/studies/{studyId}/priors',
  summary: 'Earlier examinations of the same patient among the results',
  request: { params: z.object({ studyId }) },
  responses: {
    200: { description: 'Those that are known', content: { 'application/json': { schema: priors } } },
    400: problemContent('Not an id'),
    404: problemContent('No such study'),
  },
})

export function addPriorRoutes(api: OpenAPIHono, studies: Studies, search: PriorSearch): void {
  api.openapi(route, async (c) => {
    const { studyId } = c.req.valid('param')
    if (!(await studies.row(studyId))) return studyNotFound(c)
    return c.json(await search.priorsOf(studyId), 200)
  })
}
