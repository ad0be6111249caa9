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
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { screeningKeyOf } from '../../lib/screening/result-documents/screening-key.ts'
import { readResultAt, writeResultOnce } from '../../lib/screening/result-documents/write-result.ts'
import { type Cascade, conclude, type Inference, infer } from '../../lib/screening/screen.ts'
import {
  decodePreparedStudy,
  fetchPreparedStudy,
  type PreparedStudy,
} from '../../lib/screening/screening-job/prepared-study.ts'
import type { StudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import type { Tenant } from '../../lib/screening/screening-job/tenant.ts'
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
  const cascade = cascadeOf(tenant, parts.cascade)
  const { classifier, segmenter, operatingPoint } = cascade
  const screeningKey = screeningKeyOf(classifier.bundle, segmenter.bundle, operatingPoint, job.preparation)
  const prefix = studyKeys.resultPrefix(tenant.id, job.imageId, screeningKey)
  const stored = await readIfThere(parts.store, `${prefix}result.json`)
  const result = stored ?? (await analyse(job, { tenant, cascade, screeningKey, prefix }, parts, claim))

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
  readonly cascade: Cascade
  readonly screeningKey: string
  readonly prefix: string
}

/** @returns the result that stands: another worker's when that was faster */
async function analyse(
  job: StudyJob,
  { tenant, cascade, screeningKey, prefix }: Assignment,
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
    const inference = await infer(study.prepared, study.facts, cascade, clock)
    const leave = await parts.largeSources.enter(study.prepared.source)
    try {
      return await documentsOf(study, inference)
    } finally {
      leave()
    }
  })
  if ('standing' in computed) return computed.standing
  claim.beforeWriting()
  return writeResultOnce(store, prefix, computed.result, computed.documents)

  async function documentsOf(study: PreparedStudy, inference: Inference) {
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
      prepared: study.prepared,
      maskDelivered: tenant.deliverMask,
      models: [cascade.classifier.bundle, cascade.segmenter.bundle],
      screeningKey,
      softwareVersion: parts.softwareVersion,
      analysedAt: new Date(clock.now()),
    }
    const policy = { deliverMask: tenant.deliverMask, deliverClassActivationMap: false }
    const documents = await buildDocuments(source, policy, parts.documentTools)
    const result = buildResultDocument(finding, {
      ...source,
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

function cascadeOf(tenant: Tenant, cascade: Cascade): Cascade {
  if (tenant.operatingPoint === null) return cascade
  try {
    return { ...cascade, operatingPoint: operatingPointOf(cascade.classifier.bundle, tenant.operatingPoint) }
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
