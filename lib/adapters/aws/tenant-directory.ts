import type { Clock } from '../../screening/kernel/ports.ts'
import type { Tenant } from '../../screening/screening-job/tenant.ts'
import { describeError, type OperationalLog } from './operational-log.ts'

export type ReadTenants = () => Promise<ReadonlyMap<string, Tenant>>

/** How long settings hold, and how long it holds that there are none. Unit: ms. */
const knownForMs = 5 * 60_000
const unknownForMs = 10_000

/** The tenants' settings, read again now and then: a warm worker lives longer than they do. */
export class TenantDirectory {
  readonly #read: ReadTenants
  readonly #clock: Clock
  readonly #telemetry: OperationalLog
  #tenants: ReadonlyMap<string, Tenant> = new Map()
  #readAt = 0

  private constructor(read: ReadTenants, clock: Clock, telemetry: OperationalLog) {
    this.#read = read
    this.#clock = clock
    this.#telemetry = telemetry
  }

  /** @throws {Error} when they cannot be read: a worker does not start without them */
  static async open(read: ReadTenants, clock: Clock, telemetry: OperationalLog): Promise<TenantDirectory> {
    const directory = new TenantDirectory(read, clock, telemetry)
    directory.#tenants = await read()
    directory.#readAt = clock.monotonic()
    return directory
  }

  /** Settings that cannot be read again stay as they were. */
  async find(id: string): Promise<Tenant | undefined> {
    const age = this.#clock.monotonic() - this.#readAt
    if (age >= (this.#tenants.has(id) ? knownForMs : unknownForMs)) {
      // Others that ask meanwhile are answered from what is known.
      this.#readAt = this.#clock.monotonic()
      try {
        this.#tenants = await this.#read()
      } catch (error) {
        this.#telemetry.log('warn', 'tenants-not-read', describeError(error))
      }
    }
    return this.#tenants.get(id)
  }
}
