import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import * as z from 'zod'
import { operations } from '../contract/operations.ts'
import { studyId } from '../contract/worklist.ts'
import { buildOperations } from './build-operations.ts'
import type { ConsoleBackend } from './create-api.ts'
import { problemContent, problemResponse, studyNotFound } from './problem-response.ts'

const figuresRoute = createRoute({
  method: 'get',
  path: '/api/operations',
  summary: 'How the screening runs: throughput, waiting times, rejections, failures, models, drift, usage',
  responses: { 200: { description: 'The figures', content: { 'application/json': { schema: operations } } } },
})

const redriveRoute = createRoute({
  method: 'post',
  path: '/api/studies/{studyId}/screening',
  summary: 'Screens again what the system failed over',
  request: { params: z.object({ studyId }) },
  responses: {
    202: { description: 'Begun; the row tells how it ends' },
    400: problemContent('Not an id'),
    404: problemContent('No such study'),
    409: problemContent('The system did not fail over it, its file is gone, or another program holds the folder'),
  },
})

type Backend = Pick<ConsoleBackend, 'studies' | 'reviews' | 'redrive' | 'usage' | 'clock'>

export function addOperationsRoutes(api: OpenAPIHono, { studies, reviews, redrive, usage, clock }: Backend): void {
  api.openapi(figuresRoute, async (c) => {
    const { setAside } = await studies.changes(null)
    const figures = buildOperations(await studies.screened(), await reviews.all(), setAside, clock.now())
    return c.json({ ...figures, usage: await usage.thisMonth() }, 200)
  })

  api.openapi(redriveRoute, async (c) => {
    const { studyId } = c.req.valid('param')
    if (!(await studies.row(studyId))) return studyNotFound(c)
    switch (await redrive.screenAgain(studyId)) {
      case 'begun':
        return c.body(null, 202)
      case 'not-failed':
        return problemResponse(c, 409, 'Nothing to be tried again', 'The system did not fail over this study.')
      case 'file-gone':
        return problemResponse(c, 409, 'The file is gone', 'It was moved or removed. Put it back, or send it again.')
      case 'by-operator':
        return problemResponse(
          c,
          409,
          'Not from here',
          'The job lies among the dead letters of its queue: `pleura dead-letters redrive` sends it back.',
        )
      case 'folder-in-use':
        return problemResponse(
          c,
          409,
          'Another program holds the folder',
          '`pleura watch` or `listen` writes to it and goes on. Started again, it tries what has failed.',
        )
    }
  })
}
