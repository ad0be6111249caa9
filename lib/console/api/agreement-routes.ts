import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { agreement, agreementQuery } from '../contract/agreement.ts'
import { buildAgreement } from './build-agreement.ts'
import type { Reviews, Studies } from './console-ports.ts'
import { problemContent } from './problem-response.ts'

const route = createRoute({
  method: 'get',
  path: '/api/agreement',
  summary: 'Results held against what readers said last: sensitivity, specificity, predictive values, with intervals',
  request: { query: agreementQuery },
  responses: {
    200: { description: 'The figures', content: { 'application/json': { schema: agreement } } },
    400: problemContent('The query is none of this API'),
  },
})

export function addAgreementRoutes(api: OpenAPIHono, studies: Studies, reviews: Reviews): void {
  api.openapi(route, async (c) => {
    const { rows } = await studies.changes(null)
    return c.json(buildAgreement(await reviews.all(), rows, c.req.valid('query').per), 200)
  })
}
