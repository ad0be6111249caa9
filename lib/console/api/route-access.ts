/** What somebody may be, by the claims of a token. */
export const roles = ['reader', 'reviewer', 'operator'] as const
export type Role = (typeof roles)[number]

/** What is written into the audit trail before the answer goes out. */
export const auditActions = [
  'result-read',
  'picture-read',
  'mask-read',
  'activation-map-read',
  'priors-read',
  'reviews-read',
  'drawn-mask-read',
  'review-added',
  'urgency-marked',
  'labels-exported',
  'screening-asked-for',
] as const
export type AuditAction = (typeof auditActions)[number]

export interface RouteAccess {
  /** Any one of these; nobody where there is none. */
  readonly roles: readonly Role[]
  /** Null: nothing of an image is shown or changed. */
  readonly audit: AuditAction | null
}

const everybody: readonly Role[] = ['reader', 'reviewer', 'operator']
const readers: readonly Role[] = ['reader', 'reviewer']

/**
 * Who may do what in AWS, by the routes of the contract. What is not in this table does not exist there; a test holds it to
 * the published document.
 */
export const routeAccess: Readonly<Record<string, RouteAccess>> = {
  'GET /api/studies': { roles: everybody, audit: null },
  'GET /api/studies/{studyId}': { roles: readers, audit: 'result-read' },
  'GET /api/studies/{studyId}/priors': { roles: readers, audit: 'priors-read' },
  'PUT /api/studies/{studyId}/reading': { roles: readers, audit: null },
  'PUT /api/studies/{studyId}/urgency': { roles: ['reviewer'], audit: 'urgency-marked' },
  'GET /api/studies/{studyId}/frame-facts': { roles: readers, audit: null },
  'GET /api/studies/{studyId}/frame': { roles: readers, audit: 'picture-read' },
  'GET /api/studies/{studyId}/mask': { roles: readers, audit: 'mask-read' },
  'GET /api/studies/{studyId}/class-activation-map': { roles: readers, audit: 'activation-map-read' },
  'GET /api/studies/{studyId}/reviews': { roles: readers, audit: 'reviews-read' },
  'POST /api/studies/{studyId}/reviews': { roles: ['reviewer'], audit: 'review-added' },
  'GET /api/studies/{studyId}/reviews/{reviewId}/mask': { roles: readers, audit: 'drawn-mask-read' },
  'GET /api/reviews/labels.csv': { roles: ['reviewer'], audit: 'labels-exported' },
  'GET /api/agreement': { roles: ['reviewer', 'operator'], audit: null },
  'GET /api/operations': { roles: ['operator'], audit: null },
  'POST /api/studies/{studyId}/screening': { roles: ['operator'], audit: 'screening-asked-for' },
  'POST /api/uploads': { roles: ['reviewer', 'operator'], audit: null },
  'GET /api/uploads/{uploadId}': { roles: ['reviewer', 'operator'], audit: null },
  'DELETE /api/uploads/{uploadId}': { roles: ['reviewer', 'operator'], audit: null },
  'POST /api/uploads/{uploadId}/completion': { roles: ['reviewer', 'operator'], audit: null },
  // The bytes go to the bucket.
  'PUT /api/uploads/{uploadId}/content': { roles: [], audit: null },
  'PUT /api/uploads/{uploadId}/parts/{number}': { roles: [], audit: null },
}
