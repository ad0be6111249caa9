import { randomUUID } from 'node:crypto'
import { reasonOf } from '../../lib/console/api/build-worklist-row.ts'
import { UploadRefusedError, type Uploads } from '../../lib/console/api/console-ports.ts'
import {
  begunUpload,
  type FileInParts,
  goesInParts,
  goesWhole,
  type PartRange,
  partsOf,
  uploadIdOfFile,
} from '../../lib/console/api/upload-parts.ts'
import type { Upload, UploadRequest } from '../../lib/console/contract/upload.ts'
import type { Clock } from '../../lib/screening/kernel/ports.ts'
import { buildResultLine } from '../../lib/screening/result-documents/result-line.ts'
import { readResultAt } from '../../lib/screening/result-documents/write-result.ts'
import { studyKeys, uploadIdOf } from '../../lib/screening/screening-job/study-keys.ts'
import { type UploadReceipt, uploadReceipt } from '../../lib/screening/screening-job/upload-receipt.ts'
import type { MultipartUploads, StoredPart } from './multipart-uploads.ts'
import type { TenantStore } from './tenant-store.ts'
import { type UploadGrant, uploadGrant } from './upload-grant.ts'

export interface UploadAddresses {
  /** Where so many bytes may be put under this key, for a short time. */
  signPut(key: string, sizeBytes: number): Promise<string>
  /** What the notification of an object may call its version: that, or its ETag. Empty: there is no object. */
  versionsOf(key: string): Promise<readonly string[]>
}

/** Uploads that go to the study bucket themselves, each by grants for one key and their sizes. */
export class TenantUploads implements Uploads {
  readonly #store: TenantStore
  readonly #tenant: string
  readonly #clock: Clock
  readonly #addresses: UploadAddresses
  readonly #multiparts: MultipartUploads
  readonly #maximumBytes: number

  constructor(
    store: TenantStore,
    tenant: string,
    clock: Clock,
    addresses: UploadAddresses,
    multiparts: MultipartUploads,
    maximumBytes: number,
  ) {
    this.#store = store
    this.#tenant = tenant
    this.#clock = clock
    this.#addresses = addresses
    this.#multiparts = multiparts
    this.#maximumBytes = maximumBytes
  }

  async grant(request: UploadRequest): Promise<Upload> {
    const { name, sizeBytes } = request
    if (sizeBytes > this.#maximumBytes) {
      const limit = `${Math.floor(this.#maximumBytes / 2 ** 20)} MiB`
      throw new UploadRefusedError(413, `The file has more than ${limit}. Send a single radiograph.`)
    }
    if (goesInParts(request)) return this.#grantParts(request)
    const uploadId = randomUUID()
    await this.#putGrant(uploadId, { name, sizeBytes }, true)
    return { ...begunUpload(uploadId), href: await this.#addresses.signPut(this.#keyOf(uploadId), sizeBytes) }
  }

  async find(uploadId: string): Promise<Upload | null> {
    const grant = await this.#grantOf(uploadId)
    if (!grant) return null
    const known = begunUpload(uploadId)
    const key = this.#keyOf(uploadId)
    const versions = await this.#addresses.versionsOf(key)
    if (versions.length === 0) return known
    const receipt = await this.#receiptOf(key, versions)
    if (!receipt) return { ...known, state: 'screening' }
    if (grant.inParts && !grant.inParts.sha256.startsWith(receipt.imageId)) {
      const remedy = 'What came is not the file that was announced. Send it again.'
      return { ...known, state: 'done', rejection: { code: 'wrong-digest', remedy } }
    }
    if (await this.#store.exists(receipt.resultKey)) {
      const result = await readResultAt(this.#store, receipt.resultKey)
      return { ...known, state: 'done', studyId: result.imageId, rejection: reasonOf(buildResultLine('', result)) }
    }
    // Tried again by itself for a while: the row tells how that ends.
    if (await this.#store.exists(studyKeys.failure(this.#tenant, receipt.imageId))) {
      const rejection = reasonOf({ outcome: 'not-analysed', reason: 'system-failure' })
      return { ...known, state: 'done', studyId: receipt.imageId, rejection }
    }
    return { ...known, state: 'screening' }
  }

  async receive(): Promise<Upload> {
    throw new UploadRefusedError(404, 'The bytes go where the grant says.')
  }

  async receivePart(): Promise<void> {
    throw new UploadRefusedError(404, 'The bytes go where the grant says.')
  }

  async complete(uploadId: string): Promise<Upload> {
    const grant = await this.#grantOf(uploadId)
    if (!grant) throw new UploadRefusedError(404, 'There is no such upload. Send the file again.')
    const key = this.#keyOf(uploadId)
    if (!grant.inParts) {
      if ((await this.#addresses.versionsOf(key)).length > 0) return (await this.find(uploadId))!
      throw goesWhole()
    }
    const { multipart } = grant.inParts
    const come = await this.#multiparts.list(key, multipart)
    // Another sender of the file has completed it.
    if (!come && (await this.#addresses.versionsOf(key)).length > 0) return (await this.find(uploadId))!
    const missing = missingOf(grant, come ?? [])
    if (missing.length > 0) {
      throw new UploadRefusedError(409, `${missing.length} parts are missing. Send them.`, 'parts-missing')
    }
    await this.#multiparts.complete(key, multipart, come!)
    return { ...begunUpload(uploadId), state: 'screening' }
  }

  async cancel(uploadId: string): Promise<void> {
    const grant = await this.#grantOf(uploadId)
    if (!grant) throw new UploadRefusedError(404, 'There is no such upload.')
    const key = this.#keyOf(uploadId)
    const { name, sizeBytes, inParts } = grant
    const isUnderWay = inParts !== undefined && (await this.#multiparts.list(key, inParts.multipart)) !== null
    if (!isUnderWay && (await this.#addresses.versionsOf(key)).length > 0) {
      throw new UploadRefusedError(409, 'The file has come already, and is screened.')
    }
    // An address that was given for a whole file cannot be taken back: it lapses.
    if (inParts) await this.#multiparts.abort(key, inParts.multipart)
    await this.#putGrant(uploadId, { name, sizeBytes, cancelled: true }, false)
  }

  async #grantParts(file: FileInParts): Promise<Upload> {
    const uploadId = uploadIdOfFile(file)
    const key = this.#keyOf(uploadId)
    const { multipart, come } = (await this.#goOn(uploadId)) ?? {
      multipart: await this.#begin(uploadId, file),
      come: [],
    }
    const parts = missingOf(file, come).map(async (part) => ({
      ...part,
      href: await this.#multiparts.signPart(key, multipart, part),
    }))
    return { ...begunUpload(uploadId), parts: await Promise.all(parts) }
  }

  /** The parts that have come, where somebody has begun; null where nobody has, or it is complete or cancelled. */
  async #goOn(uploadId: string): Promise<{ multipart: string; come: readonly StoredPart[] } | null> {
    const multipart = (await this.#grantOf(uploadId))?.inParts?.multipart
    const come = multipart === undefined ? null : await this.#multiparts.list(this.#keyOf(uploadId), multipart)
    return multipart === undefined || !come ? null : { multipart, come }
  }

  /** @returns the multipart upload that all senders of the file use */
  async #begin(uploadId: string, { name, sizeBytes, sha256 }: FileInParts): Promise<string> {
    const key = this.#keyOf(uploadId)
    const multipart = await this.#multiparts.begin(key)
    const isFirst = !(await this.#store.exists(studyKeys.grant(this.#tenant, uploadId)))
    if (await this.#putGrant(uploadId, { name, sizeBytes, inParts: { sha256, multipart } }, isFirst)) return multipart
    // Somebody else has begun meanwhile.
    await this.#multiparts.abort(key, multipart)
    return (await this.#grantOf(uploadId))!.inParts!.multipart
  }

  #keyOf(uploadId: string): string {
    return this.#store.own(studyKeys.consoleUpload(this.#tenant, uploadId))
  }

  /** Null where nobody has asked for it, or it was cancelled. */
  async #grantOf(uploadId: string): Promise<UploadGrant | null> {
    const key = studyKeys.grant(this.#tenant, uploadId)
    if (!(await this.#store.exists(key))) return null
    const grant = uploadGrant.parse(JSON.parse(new TextDecoder().decode(await this.#store.get(key))))
    return grant.cancelled ? null : grant
  }

  /** @returns whether it was written */
  #putGrant(
    uploadId: string,
    granted: Omit<UploadGrant, 'schemaVersion' | 'grantedAt'>,
    ifAbsent: boolean,
  ): Promise<boolean> {
    const grantedAt = new Date(this.#clock.now()).toISOString()
    const grant: UploadGrant = { schemaVersion: 1, ...granted, grantedAt }
    const body = new TextEncoder().encode(`${JSON.stringify(grant)}\n`)
    const key = studyKeys.grant(this.#tenant, uploadId)
    return this.#store.put(key, body, { ifAbsent, contentType: 'application/json' })
  }

  async #receiptOf(key: string, versions: readonly string[]): Promise<UploadReceipt | null> {
    for (const version of versions) {
      const receiptKey = studyKeys.uploadReceipt(this.#tenant, uploadIdOf(key, version))
      if (!(await this.#store.exists(receiptKey))) continue
      return uploadReceipt.parse(JSON.parse(new TextDecoder().decode(await this.#store.get(receiptKey))))
    }
    return null
  }
}

/** The parts of a file that have not come, or not whole. */
const missingOf = ({ sizeBytes }: { sizeBytes: number }, come: readonly StoredPart[]): PartRange[] =>
  partsOf(sizeBytes).filter(
    (part) => !come.some(({ number, sizeBytes }) => number === part.number && sizeBytes === part.sizeBytes),
  )
