import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Studies } from '../../lib/console/api/console-ports.ts'
import { createApi } from '../../lib/console/api/create-api.ts'
import { FrameReader } from '../../lib/console/api/frame-reader.ts'
import type { Priors } from '../../lib/console/contract/priors.ts'
import type { Clock, PixelCodecs } from '../../lib/screening/kernel/ports.ts'
import type { SuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { preparationKeyOf } from '../../lib/screening/result-documents/screening-key.ts'
import type { Identity } from './identity.ts'
import type { MultipartUploads } from './multipart-uploads.ts'
import { StoredFrames } from './stored-frames.ts'
import { StudyShelf } from './stored-studies.ts'
import { TenantMarks } from './tenant-marks.ts'
import { TenantReviews } from './tenant-reviews.ts'
import { type DatedStore, TenantStore } from './tenant-store.ts'
import { TenantStudies } from './tenant-studies.ts'
import { TenantUploads, type UploadAddresses } from './tenant-uploads.ts'
import { type Limits, TenantUsage } from './tenant-usage.ts'

export interface BucketParts extends UploadAddresses {
  readonly store: DatedStore
  readonly multiparts: MultipartUploads
  /** Null: there is none, or it is larger than the console decodes. */
  readonly readUpload: (key: string) => Promise<Uint8Array | null>
  /** Where an object may be got for a short time. */
  readonly signGet: (key: string, seconds: number) => Promise<string>
  readonly codecs: PixelCodecs
  readonly clock: Clock
  readonly policy: SuitabilityPolicy
  readonly maximumUploadBytes: number
  /** Unit: ms. */
  readonly worklistMs: number
  readonly limitsOf: (tenant: string) => Promise<Limits>
  readonly onFailure: (error: unknown) => void
}

/** What the guard hands to the routes behind it. */
export interface GuardedRequest {
  readonly identity: Identity
}

export interface TenantConsole {
  readonly api: OpenAPIHono
  readonly studies: Pick<Studies, 'row'>
}

/** Results name no patient, and the uploads of a tenant are not opened to look for one. */
const notOffered: Priors = {
  studyDate: null,
  priors: [],
  isIssuerKnown: false,
  unknown: 'not-offered',
  waiting: 0,
  gone: 0,
}

/** The console's API over one tenant's part of the study bucket. */
export function openTenantConsole(tenant: string, parts: BucketParts): TenantConsole {
  const { clock, codecs, policy, onFailure } = parts
  const store = new TenantStore(parts.store, tenant)
  const shelf = new StudyShelf(store, tenant, clock, parts.worklistMs)
  const studies = new TenantStudies(shelf, store, tenant, clock, parts.readUpload)
  // Frames are kept in the bucket: in memory there is room for the one that is being decoded.
  const reader = new FrameReader(studies, codecs, policy, 0)
  const digits = preparationKeyOf(policy).slice(0, 16)
  const api = createApi({
    studies,
    frames: new StoredFrames(reader, store, tenant, digits, clock, parts.signGet),
    priors: { priorsOf: async () => notOffered },
    uploads: new TenantUploads(store, tenant, clock, parts, parts.multiparts, parts.maximumUploadBytes),
    reviews: new TenantReviews(shelf, store, tenant, clock),
    marks: new TenantMarks(shelf, store, tenant, clock),
    redrive: {
      screenAgain: async (studyId) =>
        (await studies.row(studyId))?.reason?.code === 'system-failure' ? 'by-operator' : 'not-failed',
    },
    usage: new TenantUsage(store, tenant, clock, () => parts.limitsOf(tenant)),
    clock,
    codecs,
    reviewerOf: (c: Context) => (c.env as GuardedRequest).identity.name,
    onFailure,
  })
  return { api, studies }
}
