import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Clock, PixelCodecs } from '../../screening/kernel/ports.ts'
import { maskLimitCharacters } from '../contract/review.ts'
import { addAgreementRoutes } from './agreement-routes.ts'
import type { Frames, PriorSearch, Redrive, Reviews, Studies, Uploads, UrgencyMarks, Usage } from './console-ports.ts'
import { addOperationsRoutes } from './operations-routes.ts'
import { addPriorRoutes } from './prior-routes.ts'
import { nothingHere, problemResponse } from './problem-response.ts'
import { MaskRefusedError } from './read-drawn-mask.ts'
import { addReviewRoutes, maskRefusal } from './review-routes.ts'
import { routeAccess } from './route-access.ts'
import { addStudyRoutes } from './study-routes.ts'
import { addUploadRoutes } from './upload-routes.ts'
import { addUrgencyRoutes } from './urgency-routes.ts'

const wordsLimitBytes = 64 * 1024

export interface ConsoleBackend {
  readonly studies: Studies
  readonly frames: Frames
  readonly priors: PriorSearch
  readonly uploads: Uploads
  readonly reviews: Reviews
  readonly marks: UrgencyMarks
  readonly redrive: Redrive
  readonly usage: Usage
  readonly clock: Clock
  readonly codecs: PixelCodecs
  /** Who asks, where that is known: then no name that is typed counts. Null: nobody knows. */
  readonly reviewerOf: (c: Context) => string | null
  /** Told of what was thrown: a defect, or the world outside. */
  readonly onFailure: (error: unknown) => void
}

/** The console's API, the same wherever it runs. */
export function createApi(backend: ConsoleBackend): OpenAPIHono {
  const api = new OpenAPIHono({
    defaultHook: (outcome, c) => {
      if (outcome.success) return
      const issue = outcome.error.issues[0]
      return problemResponse(c, 400, 'The request is none of this API', `${issue.path.join('.')}: ${issue.message}`)
    },
  })
  api.use('/api/*', async (c, next) => {
    await next()
    // Nothing of a patient is to stay in the cache of a reading room's browser.
    c.header('cache-control', 'no-store')
  })
  // The bytes of an upload are counted as they come; everything else is a few words, and a review's mask.
  const isUpload = /^\/api\/uploads\/[^/]+\/(?:content|parts\/[^/]+)$/
  const isReview = /^\/api\/studies\/[^/]+\/reviews$/
  const words = bodyLimit({ maxSize: wordsLimitBytes })
  const wordsAndMask = bodyLimit({
    maxSize: maskLimitCharacters + wordsLimitBytes,
    onError: (c) => maskRefusal(c, new MaskRefusedError('mask-too-large')),
  })
  api.use('/api/*', (c, next) => {
    if (isUpload.test(c.req.path)) return next()
    return isReview.test(c.req.path) ? wordsAndMask(c, next) : words(c, next)
  })
  addStudyRoutes(api, backend.studies, backend.frames)
  addPriorRoutes(api, backend.studies, backend.priors)
  addUploadRoutes(api, backend.uploads)
  addReviewRoutes(api, backend)
  addUrgencyRoutes(api, backend)
  addAgreementRoutes(api, backend.studies, backend.reviews)
  addOperationsRoutes(api, backend)
  api.notFound(nothingHere)
  api.onError((error, c) => {
    if ('getResponse' in error) {
      const { status } = error as unknown as { status: number }
      return problemResponse(c, status === 413 ? 413 : 400, 'The request is none of this API', error.message)
    }
    backend.onFailure(error)
    return problemResponse(c, 500, 'The console failed', 'Try again; if it stays, the log of the server says more.')
  })
  return api
}

const problemAnswer = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
})

/** What every operation may answer before its route is asked. */
const withoutLeave = {
  401: problemAnswer('A token is needed, or this one is not good'),
  403: problemAnswer('Another page asks, or the role does not allow it'),
}

/** The contract as a document. */
export function describeApi(api: OpenAPIHono, version: string) {
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Pleura console',
      version,
      description:
        'For research and prioritisation only; not for diagnostic use. Errors are problem details (RFC 9457).',
    },
  })
  const token = {
    type: 'http' as const,
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'In AWS: a token of the OIDC issuer that is configured, with one of the roles that an operation names. An operation without a role does not exist there. Without a token: one machine.',
  }
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(operations)) {
      const { roles } = routeAccess[`${method.toUpperCase()} ${path}`]
      Object.assign(operation, { security: [{}, ...roles.map((role) => ({ token: [role] }))] })
      Object.assign(operation.responses, withoutLeave)
    }
  }
  return { ...document, components: { ...document.components, securitySchemes: { token } } }
}
