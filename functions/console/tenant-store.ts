import type { DatedKey } from '../../lib/adapters/aws/s3-object-store.ts'
import type { ObjectStore } from '../../lib/screening/kernel/ports.ts'

/** A bucket whose objects tell when they were written. */
export interface DatedStore extends Pick<ObjectStore, 'get' | 'put' | 'exists'> {
  listDated(prefix: string): AsyncIterable<DatedKey>
}

/**
 * One tenant's part of the study bucket. Keys are built of identifiers that were checked before; should one of another
 * tenant get through all the same, it ends here and touches nothing.
 */
export class TenantStore implements DatedStore {
  readonly #store: DatedStore
  readonly #tenant: string

  constructor(store: DatedStore, tenant: string) {
    this.#store = store
    this.#tenant = tenant
  }

  async get(key: string): Promise<Uint8Array> {
    return this.#store.get(this.own(key))
  }

  async put(key: string, body: Uint8Array, options?: { ifAbsent?: boolean; contentType?: string }): Promise<boolean> {
    return this.#store.put(this.own(key), body, options)
  }

  async exists(key: string): Promise<boolean> {
    return this.#store.exists(this.own(key))
  }

  listDated(prefix: string): AsyncIterable<DatedKey> {
    return this.#store.listDated(this.own(prefix))
  }

  /** @returns the key as it is @throws {Error} when it is not `<kind>/<tenant>/…`: a defect */
  own(key: string): string {
    const [, tenant, ...rest] = key.split('/')
    if (tenant !== this.#tenant || rest.length === 0 || rest.some((part) => part === '.' || part === '..')) {
      throw new Error('a key of another tenant was asked for')
    }
    return key
  }
}
