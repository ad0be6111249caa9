import { setImmediate } from 'node:timers/promises'
import { operatingPointOf } from '../../lib/screening/classification/model-bundle.ts'
import { ConfigurationError } from '../../lib/screening/kernel/errors.ts'
import {
  type Clock,
  type EventSink,
  ObjectNotFoundError,
  type ObjectStore,
  type PixelCodecs,
} from '../../lib/screening/kernel/ports.ts'
import { buildDocuments } from '../../lib/screening/result-documents/build-documents.ts'
import { buildResultDocument } from '../../lib/screening/result-documents/build-result-document.ts'
import type { DocumentTools } from '../../lib/screening/result-documents/document-type.ts'
import type { Predecessor } from '../../lib/screening/result-documents/predecessor.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { screeningKeyOf } from '../../lib/screening/result-documents/screening-key.ts'
import { readResultAt, writeResultOnce } from '../../lib/screening/result-documents/write-result.ts'
import { type Cascade, conclude, type Inference, infer, inMode, type Networks } from '../../lib/screening/screen.ts'
import {
  decodePreparedStudy,
  fetchPreparedStudy,
  type PreparedStudy,
} from '../../lib/screening/screening-job/prepared-study.ts'
import type { StudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { documentsOfTenant, type Tenant } from '../../lib/screening/screening-job/tenant.ts'
import { findPredecessor } from './find-predecessor.ts'
import type { LargeSources } from './large-sources.ts'
import type { MachineTime } from './machine-time.ts'
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
  readonly documentTools: DocumentTools
  readonly machineTime: MachineTime
  readonly largeSources: LargeSources
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
 * Takes one job to its result, its usage receipt and its event, in this order. Walking the way again, from any point,
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
  await parts.events.emit(result.outcome === 'not-analysed' ? 'Study Not Analysed' : 'Finding Ready', {
    tenant: tenant.id,
    imageId: job.imageId,
    outcome: result.outcome,
    discordant: result.discordant,
    reason: result.reason?.code ?? null,
    lane: job.lane,
    resultKey: `${prefix}result.json`,
  })
  return { result, reused: stored !== null }
}

interface Assignment {
  readonly tenant: Tenant
  readonly networks: Networks
  readonly screeningKey: string
  readonly prefix: string
}

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
  const computed = await claim.compute(async () => {
    // The image is this worker's alone from here on: what another one was writing a moment ago stands now.
    const standing = await readIfThere(store, `${prefix}result.json`)
    if (standing) return { standing }
    const study = await decodePreparedStudy(stored, codecs)
    const predecessor = study.identity && (await findPredecessor(store, job, screeningKey, parts.softwareVersion))
    const inference = await infer(study.prepared, study.facts, networks, clock)
    const leave = await parts.largeSources.enter(study.prepared.source)
    try {
      return await documentsOf(study, inference, predecessor)
    } finally {
      leave()
    }
  })
  if ('standing' in computed) return computed.standing
  claim.beforeWriting()
  return writeResultOnce(store, prefix, computed.result, computed.documents)

  async function documentsOf(study: PreparedStudy, inference: Inference, predecessor: Predecessor | null) {
    const concluding = clock.monotonic()
    const finding = conclude(inference, study.prepared, study.facts)
    // Of a large source either half takes most of a second: heartbeats go out in between.
    await setImmediate()
    const documenting = clock.monotonic()
    const source = {
      finding,
      imageId: job.imageId,
      sizeBytes: study.sizeBytes,
      facts: study.facts,
      identity: study.identity,
      size: study.prepared.source,
      prepared: study.prepared,
      models: [networks.classifier.bundle, ...(networks.segmenter ? [networks.segmenter.bundle] : [])],
      screeningKey,
      softwareVersion: parts.softwareVersion,
      predecessor,
      requestedDocuments: documentsOfTenant(tenant),
      analysedAt: new Date(clock.now()),
    }
    const documents = await buildDocuments(source, () => parts.documentTools)
    const result = buildResultDocument(finding, {
      ...source,
      documents: documents.map(({ name }) => name),
      timingsMs: {
        ...study.timingsMs,
        queue: queuedMs,
        fetch: fetched - started,
        ...inference.timingsMs,
        measurement: documenting - concluding,
        documents: clock.monotonic() - documenting,
        ...machineTime.attribute(started, clock.monotonic()),
      },
    })
    return { result, documents }
  }
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
