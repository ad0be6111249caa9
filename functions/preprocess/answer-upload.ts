import type { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import type { ObjectStore } from '../../lib/screening/kernel/ports.ts'
import { describeSource } from '../../lib/screening/radiograph/describe-source.ts'
import { buildDocuments } from '../../lib/screening/result-documents/build-documents.ts'
import { buildResultDocument } from '../../lib/screening/result-documents/build-result-document.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { preparationKeyOf } from '../../lib/screening/result-documents/screening-key.ts'
import { emitResult } from '../../lib/screening/result-documents/study-event.ts'
import { keepInBucket } from '../../lib/screening/result-documents/study-result/bucket-studies.ts'
import { writeResultOnce } from '../../lib/screening/result-documents/write-result.ts'
import { buildStudyJob } from '../../lib/screening/screening-job/study-job.ts'
import { monthOf, type Preparation, studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { documentsOfTenant, type Lane, type Tenant } from '../../lib/screening/screening-job/tenant.ts'
import type { Upload } from '../../lib/screening/screening-job/upload-job.ts'
import type { UploadReceipt } from '../../lib/screening/screening-job/upload-receipt.ts'
import type { PreprocessParts } from './admit-upload.ts'
import { rememberAnswer, stands } from './last-answer.ts'

/** The upload on its way, with what is known of it so far. */
export interface Admission {
  readonly upload: Upload
  readonly uploadId: string
  readonly tenant: Tenant
  readonly lane: Lane
}

/** Sends the job, unless it was sent within the hour, and writes the receipt. */
export async function enqueue(
  admission: Admission,
  at: Preparation,
  resultKey: string,
  parts: PreprocessParts,
): Promise<void> {
  const { tenant, lane, uploadId } = admission
  const { queues, clock, store, telemetry, admissions } = parts
  const { imageId, preparation } = at
  const answer = { resultKey, lane }
  const waits = await stands(store, at, answer, clock.now())
  if (!waits) {
    const body = buildStudyJob({ tenant: tenant.id, imageId, preparation, lane, enqueuedAt: clock.now() })
    await queues[lane].send(body, { group: tenant.id })
    await rememberAnswer(store, at, answer, clock.now())
  }
  const duplicate = (await admissions.whoBrought(tenant, imageId))?.uploadId !== uploadId
  await writeReceipt(admission, { imageId, outcome: 'queued', resultKey, duplicate }, parts)
  telemetry.log('info', waits ? 'queued-before' : 'queued', { tenant: tenant.id, uploadId, imageId, lane, duplicate })
}

/** Answers with the result that stands: its event once more, and a receipt that points at it. */
export async function answerAgain(admission: Admission, result: ResultDocument, parts: PreprocessParts): Promise<void> {
  const { tenant, uploadId, lane } = admission
  const { imageId, screeningKey, outcome } = result
  const duplicate = (await parts.admissions.whoBrought(tenant, imageId))?.uploadId !== uploadId
  const resultKey = `${studyKeys.resultPrefix(tenant.id, imageId, screeningKey)}result.json`
  const study = await keepInBucket(parts.store, tenant, result)
  await emitResult(parts.events, result, { tenant: tenant.id, lane, resultKey, study })
  const received = outcome === 'not-analysed' ? outcome : 'queued'
  await writeReceipt(admission, { imageId, outcome: received, resultKey, duplicate }, parts)
  if (outcome === 'not-analysed') parts.telemetry.metric('ImagesRejected', 1, { Tenant: tenant.id })
  parts.telemetry.log('info', 'answered-before', { tenant: tenant.id, uploadId, imageId, lane, outcome, duplicate })
}

/**
 * Writes the documents that say why the upload is not analysed.
 * @param source Null when it was not read.
 */
export async function reject(
  admission: Admission,
  imageId: string,
  { code, message }: StudyRejectedError,
  source: Uint8Array | null,
  parts: PreprocessParts,
): Promise<void> {
  const { tenant, lane, uploadId, upload } = admission
  const { store, clock, admissions, policy, softwareVersion, telemetry } = parts
  const isRefusal = code === 'quota-exceeded' || code === 'budget-stop'
  const screeningKey = preparationKeyOf(policy, isRefusal ? monthOf(clock.now()) : undefined)
  const prefix = studyKeys.resultPrefix(tenant.id, imageId, screeningKey)
  const resultKey = `${prefix}result.json`
  const isDuplicate = async () =>
    isRefusal ? store.exists(resultKey) : (await admissions.whoBrought(tenant, imageId))?.uploadId !== uploadId
  // An upload that was not read is an image of its own.
  const duplicate = imageId !== uploadId && (await isDuplicate())
  const described = source && describeSource(source)
  const context = {
    finding: { outcome: 'not-analysed' as const, code, detail: message },
    imageId,
    sizeBytes: upload.sizeBytes,
    facts: described?.facts ?? null,
    identity: described?.identity ?? null,
    size: described?.size ?? null,
    prepared: null,
    deidentification: null,
    predecessor: null,
    models: [],
    requestedDocuments: documentsOfTenant(tenant),
    screeningKey,
    softwareVersion,
    analysedAt: new Date(clock.now()),
  }
  const documents = await buildDocuments(context, noPictures)
  const names = documents.map(({ name }) => name)
  const result = buildResultDocument(context.finding, { ...context, documents: names, timingsMs: {} })
  const stored = await writeResultOnce(store, prefix, result, documents)
  const study = await keepInBucket(store, tenant, stored, context.identity)
  await emitResult(parts.events, stored, { tenant: tenant.id, lane, resultKey, study })
  await writeReceipt(admission, { imageId, outcome: 'not-analysed', resultKey, duplicate }, parts)
  telemetry.log('info', 'not-analysed', { tenant: tenant.id, uploadId, imageId, lane, code })
  telemetry.metric(isRefusal ? 'ImagesRefused' : 'ImagesRejected', 1, { Tenant: tenant.id })
}

function noPictures(): never {
  throw new TypeError('what was refused has no picture')
}

async function writeReceipt(
  { tenant, upload, uploadId, lane }: Admission,
  about: Pick<UploadReceipt, 'imageId' | 'outcome' | 'resultKey' | 'duplicate'>,
  { store, clock }: { readonly store: ObjectStore; readonly clock: PreprocessParts['clock'] },
): Promise<void> {
  const receipt: UploadReceipt = {
    schemaVersion: 1,
    uploadId,
    tenant: tenant.id,
    key: upload.key,
    lane,
    results: `results/${tenant.id}/${about.imageId}/`,
    receivedAt: new Date(clock.now()).toISOString(),
    ...about,
  }
  const body = new TextEncoder().encode(`${JSON.stringify(receipt, null, 2)}\n`)
  const key = studyKeys.uploadReceipt(tenant.id, uploadId)
  await store.put(key, body, { ifAbsent: true, contentType: 'application/json' })
}
