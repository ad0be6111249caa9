import { randomUUID } from 'node:crypto'
import { reasonOf } from '../../lib/console/api/build-worklist-row.ts'
import { UploadRefusedError, type Uploads } from '../../lib/console/api/console-ports.ts'
import type { Upload, UploadRequest } from '../../lib/console/contract/upload.ts'
import type { Clock } from '../../lib/screening/kernel/ports.ts'
import { buildResultLine } from '../../lib/screening/result-documents/result-line.ts'
import { readResultAt } from '../../lib/screening/result-documents/write-result.ts'
import { studyKeys, uploadIdOf } from '../../lib/screening/screening-job/study-keys.ts'
import { type UploadReceipt, uploadReceipt } from '../../lib/screening/screening-job/upload-receipt.ts'
import type { TenantStore } from './tenant-store.ts'
import type { UploadGrant } from './upload-grant.ts'

export interface UploadAddresses {
  /** Where so many bytes may be put under this key, for a short time. */
  signPut(key: string, sizeBytes: number): Promise<string>
  /** What the notification of an object may call its version: that, or its ETag. Empty: there is no object. */
  versionsOf(key: string): Promise<readonly string[]>
}

/** Uploads that go to the study bucket themselves, each by a grant for one key and one size. */
export class TenantUploads implements Uploads {
  readonly #store: TenantStore
  readonly #tenant: string
  readonly #clock: Clock
  readonly #addresses: UploadAddresses
  readonly #maximumBytes: number

  constructor(store: TenantStore, tenant: string, clock: Clock, addresses: UploadAddresses, maximumBytes: number) {
    this.#store = store
    this.#tenant = tenant
    this.#clock = clock
    this.#addresses = addresses
    this.#maximumBytes = maximumBytes
  }

  async grant({ name, sizeBytes }: UploadRequest): Promise<Upload> {
    if (sizeBytes > this.#maximumBytes) {
      const limit = `${Math.floor(this.#maximumBytes / 2 ** 20)} MiB`
      throw new UploadRefusedError(413, `The file has more than ${limit}. Send a single radiograph.`)
    }
    const uploadId = randomUUID()
    const grantedAt = new Date(this.#clock.now()).toISOString()
    const grant: UploadGrant = { schemaVersion: 1, name, sizeBytes, grantedAt }
    const body = new TextEncoder().encode(`${JSON.stringify(grant)}\n`)
    await this.#store.put(studyKeys.grant(this.#tenant, uploadId), body, {
      ifAbsent: true,
      contentType: 'application/json',
    })
    const key = this.#store.own(studyKeys.consoleUpload(this.#tenant, uploadId))
    return { ...begun(uploadId), href: await this.#addresses.signPut(key, sizeBytes) }
  }

  async find(uploadId: string): Promise<Upload | null> {
    const known = begun(uploadId)
    if (!(await this.#store.exists(studyKeys.grant(this.#tenant, uploadId)))) return null
    const key = this.#store.own(studyKeys.consoleUpload(this.#tenant, uploadId))
    const versions = await this.#addresses.versionsOf(key)
    if (versions.length === 0) return known
    const receipt = await this.#receiptOf(key, versions)
    if (!receipt) return { ...known, state: 'screening' }
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

  async #receiptOf(key: string, versions: readonly string[]): Promise<UploadReceipt | null> {
    for (const version of versions) {
      const receiptKey = studyKeys.uploadReceipt(this.#tenant, uploadIdOf(key, version))
      if (!(await this.#store.exists(receiptKey))) continue
      return uploadReceipt.parse(JSON.parse(new TextDecoder().decode(await this.#store.get(receiptKey))))
    }
    return null
  }

  async receive(): Promise<Upload> {
    throw new UploadRefusedError(404, 'The bytes go where the grant says.')
  }
}

/** Its address is told once, with the grant. */
const begun = (uploadId: string): Upload => ({ uploadId, href: '', state: 'granted', studyId: null, rejection: null })
