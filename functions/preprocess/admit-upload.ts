import type { OperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import { StudyRejectedError, TransientError } from '../../lib/screening/kernel/errors.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import {
  type Clock,
  type EventSink,
  type JobQueue,
  ObjectNotFoundError,
  type ObjectStore,
  type PixelCodecs,
} from '../../lib/screening/kernel/ports.ts'
import { type Preprocessed, preprocess } from '../../lib/screening/preprocess.ts'
import type { SuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { preparationKeyOf } from '../../lib/screening/result-documents/screening-key.ts'
import { registerInBucket } from '../../lib/screening/result-documents/study-result/bucket-studies.ts'
import { readResultAt } from '../../lib/screening/result-documents/write-result.ts'
import { writePreparedStudy } from '../../lib/screening/screening-job/prepared-study.ts'
import {
  laneOfUpload,
  monthOf,
  type Preparation,
  studyKeys,
  tenantOfUpload,
  uploadIdOf,
} from '../../lib/screening/screening-job/study-keys.ts'
import { type Lane, type Tenant, wantsIdentity } from '../../lib/screening/screening-job/tenant.ts'
import type { Upload } from '../../lib/screening/screening-job/upload-job.ts'
import type { Admissions } from './admissions.ts'
import { type Admission, answerAgain, enqueue, reject } from './answer-upload.ts'
import { readLastAnswer, rememberAnswer, stands } from './last-answer.ts'

/** All that preprocessing touches. */
export interface PreprocessParts {
  readonly store: ObjectStore
  /** One version of an upload, whole. @throws {ObjectNotFoundError} @throws {StudyRejectedError} unreadable-object */
  readonly readUpload: (upload: Upload) => Promise<Uint8Array>
  readonly queues: Readonly<Record<Lane, Pick<JobQueue, 'send'>>>
  readonly events: EventSink
  readonly codecs: PixelCodecs
  readonly clock: Clock
  readonly tenantOf: (id: string) => Promise<Tenant | undefined>
  /** The screening key that the deployed bundles lead to. @throws {ConfigurationError} when an operating point is unknown */
  readonly screeningKeyOf: (tenant: Tenant, preparation: string) => string
  readonly admissions: Admissions
  readonly policy: SuitabilityPolicy
  readonly maximumUploadBytes: number
  readonly softwareVersion: string
  readonly telemetry: OperationalLog
}

/** Longer than an invocation may last: whoever brought the image so long ago is at work no more. Unit: ms. */
const underWayMs = 120_000

/** @throws {Error} when the notification is a defect: unknown tenant, key of another place */
export async function tenantOf({ key }: Upload, parts: Pick<PreprocessParts, 'tenantOf'>): Promise<Tenant> {
  const name = tenantOfUpload(key)
  const tenant = await parts.tenantOf(name)
  if (!tenant) throw new Error(`no tenant '${name}' is set up`)
  return tenant
}

/**
 * Takes one upload to its job, or to the document that says why there is none. Walking the way again, from any point,
 * leads to the same objects; the receipt comes last, so that an upload with a receipt needs nothing more. What was done for
 * the same bytes before is not done again: what stands is answered with, and counts against no limit.
 * @throws {TransientError} when the same upload is to be tried again
 * @throws {Error} when the notification is a defect
 */
export async function admitUpload(upload: Upload, parts: PreprocessParts): Promise<void> {
  const { store, telemetry } = parts
  const tenant = await tenantOf(upload, parts)
  const uploadId = uploadIdOf(upload.key, upload.version)
  const admission: Admission = { upload, uploadId, tenant, lane: laneOfUpload(upload.key, tenant) }
  if (await store.exists(studyKeys.uploadReceipt(tenant.id, uploadId))) return

  const source = await read(admission, parts)
  if (source === null) return
  const imageId = imageIdOf(source)
  const at = { tenant: tenant.id, imageId, preparation: preparationKeyOf(parts.policy) }
  const screeningKey = parts.screeningKeyOf(tenant, at.preparation)
  const resultKey = `${studyKeys.resultPrefix(tenant.id, imageId, screeningKey)}result.json`
  const standing = (await readIfThere(store, resultKey)) ?? (await standingRejection(at, parts))
  if (standing) return answerAgain(admission, standing, parts)

  const limit = await parts.admissions.admit(tenant, at, uploadId)
  if (limit) {
    const refusal = new StudyRejectedError(limit, `the limit of ${monthOf(parts.clock.now())} is reached`)
    return reject(admission, imageId, refusal, source, parts)
  }
  if (await isUnderWay(admission, at, parts)) throw new TransientError('another upload of the same bytes is under way')
  if (!(await store.exists(studyKeys.preparedStudy(at)))) {
    let preprocessed: Preprocessed
    try {
      preprocessed = await preprocess(source, parts.codecs, parts.policy, parts.clock)
    } catch (error) {
      if (!(error instanceof StudyRejectedError)) throw error
      await rememberAnswer(store, at, { resultKey: rejectionKeyOf(at), lane: null }, parts.clock.now())
      return reject(admission, imageId, error, source, parts)
    }
    // Before anything of it may be screened: its study is no negative while it waits.
    const { studyInstanceUid } = preprocessed.facts
    if (studyInstanceUid !== null) {
      const { identity } = preprocessed
      await registerInBucket(store, tenant.id, { imageId, screeningKey, studyInstanceUid, identity })
    }
    await writePreparedStudy(store, parts.codecs, at, {
      ...preprocessed,
      identity: wantsIdentity(tenant) ? preprocessed.identity : null,
      timingsMs: { ...preprocessed.timingsMs },
      sizeBytes: source.byteLength,
    })
    for (const [Stage, milliseconds] of Object.entries(preprocessed.timingsMs)) {
      telemetry.metric('StageMilliseconds', milliseconds, { Stage })
    }
  }
  await enqueue(admission, at, resultKey, parts)
}

/** Whether another upload of the same bytes is being taken to its job now: this one waits for that one's answer. */
async function isUnderWay(
  { tenant, uploadId }: Admission,
  at: Preparation,
  { admissions, clock, store }: PreprocessParts,
): Promise<boolean> {
  const brought = await admissions.whoBrought(tenant, at.imageId)
  if (brought === null || brought.uploadId === uploadId || brought.preparation !== at.preparation) return false
  if (clock.now() - brought.at >= underWayMs) return false
  return (await readLastAnswer(store, at)) === null
}

/** @returns null when there is nothing more to do: the upload was rejected unread, or is gone */
async function read(admission: Admission, parts: PreprocessParts): Promise<Uint8Array | null> {
  const { upload, uploadId, tenant } = admission
  try {
    if (upload.sizeBytes > parts.maximumUploadBytes) {
      const detail = `the file has ${upload.sizeBytes} bytes, the limit is ${parts.maximumUploadBytes}`
      throw new StudyRejectedError('too-large', detail)
    }
    return await parts.readUpload(upload)
  } catch (error) {
    if (error instanceof StudyRejectedError) await reject(admission, uploadId, error, null, parts)
    // Deleted by its sender since: there is nothing to answer, and nobody who waits.
    else if (error instanceof ObjectNotFoundError)
      parts.telemetry.log('warn', 'upload-gone', { tenant: tenant.id, uploadId })
    else throw error
    return null
  }
}

const rejectionKeyOf = ({ tenant, imageId, preparation }: Preparation): string =>
  `${studyKeys.resultPrefix(tenant, imageId, preparation)}result.json`

/** The rejection that the same bytes lead to; not one that was only slow, after a while. */
async function standingRejection(at: Preparation, { store, clock }: PreprocessParts): Promise<ResultDocument | null> {
  const resultKey = rejectionKeyOf(at)
  const rejection = await readIfThere(store, resultKey)
  if (rejection?.reason?.code !== 'time-limit') return rejection
  return (await stands(store, at, { resultKey, lane: null }, clock.now())) ? rejection : null
}

async function readIfThere(store: ObjectStore, key: string): Promise<ResultDocument | null> {
  try {
    return await readResultAt(store, key)
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return null
    throw error
  }
}
