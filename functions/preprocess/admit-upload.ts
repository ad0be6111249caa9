import type { OperationalLog } from '../../lib/adapters/aws/operational-log.ts'
import { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
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
import { buildResultDocument } from '../../lib/screening/result-documents/build-result-document.ts'
import { preparationKeyOf } from '../../lib/screening/result-documents/screening-key.ts'
import { writeResultOnce } from '../../lib/screening/result-documents/write-result.ts'
import { writePreparedStudy } from '../../lib/screening/screening-job/prepared-study.ts'
import { buildStudyJob } from '../../lib/screening/screening-job/study-job.ts'
import {
  laneOfUpload,
  monthOf,
  type Preparation,
  studyKeys,
  tenantOfUpload,
  uploadIdOf,
} from '../../lib/screening/screening-job/study-keys.ts'
import type { Lane, Tenant } from '../../lib/screening/screening-job/tenant.ts'
import type { UploadReceipt } from '../../lib/screening/screening-job/upload-receipt.ts'
import type { Admissions } from './admissions.ts'
import type { Upload } from './parse-notifications.ts'

/** All that preprocessing touches. */
export interface PreprocessParts {
  readonly store: ObjectStore
  /** One version of an upload, whole. @throws {ObjectNotFoundError} */
  readonly readUpload: (upload: Upload) => Promise<Uint8Array>
  readonly queues: Readonly<Record<Lane, JobQueue>>
  readonly events: EventSink
  readonly codecs: PixelCodecs
  readonly clock: Clock
  readonly tenantOf: (id: string) => Promise<Tenant | undefined>
  readonly admissions: Admissions
  readonly policy: SuitabilityPolicy
  readonly maximumUploadBytes: number
  readonly softwareVersion: string
  readonly telemetry: OperationalLog
}

/** The upload on its way, with what is known of it so far. */
interface Admission {
  readonly upload: Upload
  readonly uploadId: string
  readonly tenant: Tenant
  readonly lane: Lane
}

/**
 * Takes one upload to its job, or to the document that says why there is none. Walking the way again, from any point,
 * leads to the same objects; the receipt comes last, so that an upload with a receipt needs nothing more.
 * @throws {TransientError} when the same upload is to be tried again
 * @throws {Error} when the notification is a defect: unknown tenant, key of another place
 */
export async function admitUpload(upload: Upload, parts: PreprocessParts): Promise<void> {
  const { store, telemetry } = parts
  const tenantName = tenantOfUpload(upload.key)
  const tenant = await parts.tenantOf(tenantName)
  if (!tenant) throw new Error(`no tenant '${tenantName}' is set up`)
  const uploadId = uploadIdOf(upload.key, upload.version)
  const admission = { upload, uploadId, tenant, lane: laneOfUpload(upload.key, tenant) }
  if (await store.exists(studyKeys.uploadReceipt(tenant.id, uploadId))) return

  if (upload.sizeBytes > parts.maximumUploadBytes) {
    const detail = `the file has ${upload.sizeBytes} bytes, the limit is ${parts.maximumUploadBytes}`
    return reject(admission, uploadId, new StudyRejectedError('too-large', detail), null, parts)
  }
  let source: Uint8Array
  try {
    source = await parts.readUpload(upload)
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError)) throw error
    // Deleted by its sender since: there is nothing to answer, and nobody who waits.
    telemetry.log('warn', 'upload-gone', { tenant: tenant.id, uploadId })
    return
  }
  const imageId = imageIdOf(source)
  const preparation = preparationKeyOf(parts.policy)
  const prepared = { tenant: tenant.id, imageId, preparation }
  if (await store.exists(studyKeys.preparedStudy(prepared))) {
    // The job goes out again: its first sending may have been cut short. The worker answers a repetition with what is there.
    return enqueue(admission, prepared, true, parts)
  }
  let preprocessed: Preprocessed
  try {
    preprocessed = await preprocess(source, parts.codecs, parts.policy, parts.clock)
  } catch (error) {
    if (!(error instanceof StudyRejectedError)) throw error
    return reject(admission, imageId, error, source.byteLength, parts)
  }
  const limit = await parts.admissions.admit(tenant, imageId)
  if (limit) {
    const refusal = new StudyRejectedError(limit, `the limit of ${monthOf(parts.clock.now())} is reached`)
    return reject(admission, imageId, refusal, source.byteLength, parts)
  }
  await writePreparedStudy(store, parts.codecs, prepared, {
    ...preprocessed,
    timingsMs: { ...preprocessed.timingsMs },
    sizeBytes: source.byteLength,
  })
  for (const [Stage, milliseconds] of Object.entries(preprocessed.timingsMs)) {
    telemetry.metric('StageMilliseconds', milliseconds, { Stage })
  }
  await enqueue(admission, prepared, false, parts)
}

async function enqueue(
  admission: Admission,
  { imageId, preparation }: Preparation,
  duplicate: boolean,
  { queues, clock, store, telemetry }: PreprocessParts,
): Promise<void> {
  const { tenant, lane, uploadId } = admission
  const body = buildStudyJob({ tenant: tenant.id, imageId, preparation, lane, enqueuedAt: clock.now() })
  await queues[lane].send(body, { group: tenant.id })
  await writeReceipt(store, buildReceipt(admission, imageId, 'queued', duplicate, clock))
  telemetry.log('info', 'queued', { tenant: tenant.id, uploadId, imageId, lane, duplicate })
}

async function reject(
  admission: Admission,
  imageId: string,
  { code, message }: StudyRejectedError,
  sizeBytes: number | null,
  { store, events, clock, policy, softwareVersion, telemetry }: PreprocessParts,
): Promise<void> {
  const { tenant, lane, uploadId, upload } = admission
  const isRefusal = code === 'quota-exceeded' || code === 'budget-stop'
  const screeningKey = preparationKeyOf(policy, isRefusal ? monthOf(clock.now()) : undefined)
  const prefix = studyKeys.resultPrefix(tenant.id, imageId, screeningKey)
  const duplicate = await store.exists(`${prefix}result.json`)
  const result = buildResultDocument(
    { outcome: 'not-analysed', code, detail: message },
    {
      imageId,
      sizeBytes: sizeBytes ?? upload.sizeBytes,
      facts: null,
      prepared: null,
      maskDelivered: false,
      models: [],
      screeningKey,
      softwareVersion,
      analysedAt: new Date(clock.now()),
      timingsMs: {},
    },
  )
  await writeResultOnce(store, prefix, result, [])
  await events.emit('Study Not Analysed', {
    tenant: tenant.id,
    imageId,
    outcome: 'not-analysed',
    discordant: false,
    reason: code,
    lane,
    resultKey: `${prefix}result.json`,
  })
  await writeReceipt(store, buildReceipt(admission, imageId, 'not-analysed', duplicate, clock))
  telemetry.log('info', 'not-analysed', { tenant: tenant.id, uploadId, imageId, lane, code })
  telemetry.metric(isRefusal ? 'ImagesRefused' : 'ImagesRejected', 1, { Tenant: tenant.id })
}

const buildReceipt = (
  { tenant, upload, uploadId, lane }: Admission,
  imageId: string,
  outcome: UploadReceipt['outcome'],
  duplicate: boolean,
  clock: Clock,
): UploadReceipt => ({
  schemaVersion: 1,
  uploadId,
  tenant: tenant.id,
  key: upload.key,
  imageId,
  outcome,
  duplicate,
  lane,
  results: `results/${tenant.id}/${imageId}/`,
  receivedAt: new Date(clock.now()).toISOString(),
})

async function writeReceipt(store: ObjectStore, receipt: UploadReceipt): Promise<void> {
  const body = new TextEncoder().encode(`${JSON.stringify(receipt, null, 2)}\n`)
  const key = studyKeys.uploadReceipt(receipt.tenant, receipt.uploadId)
  await store.put(key, body, { ifAbsent: true, contentType: 'application/json' })
}
