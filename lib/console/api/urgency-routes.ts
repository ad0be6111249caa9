import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import * as z from 'zod'
import { urgencyRequest } from '../contract/urgency.ts'
import { studyId, worklistRow } from '../contract/worklist.ts'
import type { ConsoleBackend } from './create-api.ts'
import { problemContent, studyNotFound } from './problem-response.ts'

const markRoute = createRoute({
  method: 'put',
  path: '/api/studies/{studyId}/urgency',
  summary: 'Marks the study as urgent, or no longer: it is read before all others, whatever a model says',
  request: {
    params: z.object({ studyId }),
    body: { required: true, content: { 'application/json': { schema: urgencyRequest } } },
  },
  responses: {
    200: { description: 'The row as it is now', content: { 'application/json': { schema: worklistRow } } },
    400: problemContent('Not an id, or not a mark'),
    404: problemContent('No such study'),
  },
})

type Backend = Pick<ConsoleBackend, 'studies' | 'marks' | 'reviewerOf'>

export function addUrgencyRoutes(api: OpenAPIHono, { studies, marks, reviewerOf }: Backend): void {
  api.openapi(markRoute, async (c) => {
    const { studyId } = c.req.valid('param')
    const row = await studies.row(studyId)
    if (!row) return studyNotFound(c)
    const { urgent, reader } = c.req.valid('json')
    // What is so already needs no further word.
    if (urgent === (row.urgentMark !== null)) return c.json(row, 200)
    await marks.add(studyId, { urgent, reader: reviewerOf(c) ?? reader })
    return c.json((await studies.row(studyId)) ?? row, 200)
  })
}
