import { operatingPointOf } from '../../lib/screening/classification/model-bundle.ts'
import { ConfigurationError } from '../../lib/screening/kernel/errors.ts'
import {
  type Clock,
  type EventSink,
  ObjectNotFoundError,
  type ObjectStore,
  type PixelCodecs,
} from '../../lib/screening/kernel/ports.ts'
import { withTimings } from '../../lib/screening/result-documents/build-result-document.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { screeningKeyOf } from '../../lib/screening/result-documents/screening-key.ts'
import { emitResult } from '../../lib/screening/result-documents/study-event.ts'
import { keepInBucket } from '../../lib/screening/result-documents/study-result/bucket-studies.ts'
import { readResultAt, writeResultOnce } from '../../lib/screening/result-documents/write-result.ts'
import { type Cascade, infer, inMode, type Networks } from '../../lib/screening/screen.ts'
import { decodePreparedStudy, fetchPreparedStudy } from '../../lib/screening/screening-job/prepared-study.ts'
import type { StudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { documentsOfTenant, type Tenant } from '../../lib/screening/screening-job/tenant.ts'
import type { DocumentedStudy } from './document-study.ts'
import { findPredecessor } from './find-predecessor.ts'
import type { MachineTime } from './machine-time.ts'
import type { StudyDocuments } from './study-documents.ts'
import { StudyFailure } from './study-failure.ts'
import { writeUsageReceipt } from './usage-receipt.ts'

/** All that screening one study touches. */
export interface ScreeningParts {
  readonly store: ObjectStore
  readonly events: EventSink
  readonly codecs: PixelCodecs
  readonly clock: Clock
  readonly cascade: Cascade
  readonly tenantOf: (id: string) => Promise<Tenant | undefined>
  readonly documents: Pick<StudyDocuments, 'build'>
  readonly machineTime: MachineTime
  readonly hourlyCostUsd: number
  readonly softwareVersion: string
}

/** What the worker's hold on a study allows. */
export interface Claim {
  /** Runs what may end the worker, as an attempt that is counted. */
  readonly compute: <T>(work: () => Promise<T>) => Promise<T>
  /** Throws when the study is not this worker's any more. */
  readonly beforeWriting: () => void
}

export interface ScreenedStudy {
  readonly result: ResultDocument
  /** The result stood already: nothing was computed. */
  readonly reused: boolean
}

/**
 * Takes one job to its result, its usage receipt, the result of its study and its event, in this order. Walking the way again, from any point,
 * by any number of workers, leads to the same objects; only the event may come again.
 * @throws {Error} whatever `claim` throws, and all that fails
 */
export async function screenStudy(job: StudyJob, parts: ScreeningParts, claim: Claim): Promise<ScreenedStudy> {
  const tenant = await parts.tenantOf(job.tenant)
  if (!tenant) throw new StudyFailure('unknown-tenant')
  const networks = networksOf(tenant, parts.cascade)
  const { classifier, segmenter, operatingPoint } = networks
  const screeningKey = screeningKeyOf(classifier.bundle, segmenter?.bundle ?? null, operatingPoint, job.preparation)
  const prefix = studyKeys.resultPrefix(tenant.id, job.imageId, screeningKey)
  const stored = await readIfThere(parts.store, `${prefix}result.json`)
  const result = stored ?? (await analyse(job, { tenant, networks, screeningKey, prefix }, parts, claim))

  await writeUsageReceipt(parts.store, job, result, parts.hourlyCostUsd)
  const study = await keepInBucket(parts.store, tenant, result)
  const at = { tenant: tenant.id, lane: job.lane, resultKey: `${prefix}result.json`, study }
  await emitResult(parts.events, result, at)
  return { result, reused: stored !== null }
}

interface Assignment {
  readonly tenant: Tenant
  readonly networks: Networks
  readonly screeningKey: string
  readonly prefix: string
}

type Standing = { readonly standing: ResultDocument }
type Documented = Pick<DocumentedStudy, 'result' | 'documents'>

/** @returns the result that stands: another worker's when that was faster */
async function analyse(
  job: StudyJob,
  { tenant, networks, screeningKey, prefix }: Assignment,
  parts: ScreeningParts,
  claim: Claim,
): Promise<ResultDocument> {
  const { store, codecs, clock, machineTime } = parts
  const started = clock.monotonic()
  const queuedMs = Math.max(0, clock.now() - job.enqueuedAt)
  const stored = await fetchPreparedStudy(store, job).catch((cause) => {
    throw cause instanceof ObjectNotFoundError ? new StudyFailure('prepared-study-missing', { cause }) : cause
  })
  const fetched = clock.monotonic()
  const computed = await claim.compute(async (): Promise<Standing | Documented> => {
    // The image is this worker's alone from here on: what another one was writing a moment ago stands now.
    const standing = await readIfThere(store, `${prefix}result.json`)
    if (standing) return { standing }
    const study = await decodePreparedStudy(stored, codecs)
    const predecessor = study.identity && (await findPredecessor(store, job, screeningKey, parts.softwareVersion))
    const inference = await infer(study.prepared, study.facts, networks, clock)
    const { result, documents, timingsMs } = await parts.documents.build({
      inference,
      imageId: job.imageId,
      sizeBytes: study.sizeBytes,
      facts: study.facts,
      identity: study.identity,
      prepared: study.prepared,
      deidentification: null,
      models: [networks.classifier.bundle, ...(networks.segmenter ? [networks.segmenter.bundle] : [])],
      screeningKey,
      softwareVersion: parts.softwareVersion,
      predecessor,
      requestedDocuments: documentsOfTenant(tenant),
      analysedAt: new Date(clock.now()),
    })
    const timed = withTimings(result, {
      ...study.timingsMs,
      queue: queuedMs,
      fetch: fetched - started,
      ...inference.timingsMs,
      ...timingsMs,
      ...machineTime.attribute(started, clock.monotonic()),
    })
    return { result: timed, documents }
  })
  if ('standing' in computed) return computed.standing
  claim.beforeWriting()
  return writeResultOnce(store, prefix, computed.result, computed.documents)
}

function networksOf(tenant: Tenant, cascade: Cascade): Networks {
  const networks = inMode(cascade, tenant.mode)
  if (tenant.operatingPoint === null) return networks
  try {
    return { ...networks, operatingPoint: operatingPointOf(cascade.classifier.bundle, tenant.operatingPoint) }
  } catch (cause) {
    throw cause instanceof ConfigurationError ? new StudyFailure('unknown-operating-point', { cause }) : cause
  }
}

async function readIfThere(store: ObjectStore, key: string): Promise<ResultDocument | null> {
  try {
    return await readResultAt(store, key)
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null
    throw error
  }
}
