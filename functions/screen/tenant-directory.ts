import type { Clock } from '../../lib/screening/kernel/ports.ts'
import type { Tenant } from '../../lib/screening/screening-job/tenant.ts'

/** How long the settings of a tenant hold. Unit: ms. */
const holdsMs = 5 * 60_000

/** The tenants' settings, read again now and then: a warm worker lives longer than they do. */
export class TenantDirectory {
  readonly #read: () => Promise<ReadonlyMap<string, Tenant>>
  readonly #clock: Clock
  #tenants: ReadonlyMap<string, Tenant>
  #readAt: number

  private constructor(
    read: () => Promise<ReadonlyMap<string, Tenant>>,
    clock: Clock,
    tenants: ReadonlyMap<string, Tenant>,
  ) {
    this.#read = read
    this.#clock = clock
    this.#tenants = tenants
    this.#readAt = clock.monotonic()
  }

  static async open(read: () => Promise<ReadonlyMap<string, Tenant>>, clock: Clock): Promise<TenantDirectory> {
    return new TenantDirectory(read, clock, await read())
  }

  async find(id: string): Promise<Tenant | undefined> {
    if (this.#clock.monotonic() - this.#readAt >= holdsMs) {
      // Others that ask meanwhile are answered from what is known.
      this.#readAt = this.#clock.monotonic()
      this.#tenants = await this.#read()
    }
    return this.#tenants.get(id)
  }
}
