import { type CloudTarget, cloudTarget, secretOf } from '../../lib/delivery/cloud-target.ts'
import type { UnavailableReason } from '../../lib/delivery/delivery-outcome.ts'
import type { Sender } from '../../lib/delivery/sender.ts'
import type { TellingRules } from '../../lib/delivery/telling-gate.ts'
import type { Clock } from '../../lib/screening/kernel/ports.ts'
import { tenant } from '../../lib/screening/screening-job/tenant.ts'

/** The target as it is set up now; where something of that is wrong, deliveries wait until it is mended. */
export type Settings =
  | { readonly kind: 'ready'; readonly target: CloudTarget; readonly rules: TellingRules; readonly sender: Sender }
  | {
      readonly kind: 'unusable'
      readonly reason: Extract<UnavailableReason, 'settings-unusable' | 'secret-missing' | 'secret-unusable'>
      /** As far as it could be read. */
      readonly target: CloudTarget | null
    }

export interface SettingsParts {
  readonly names: { readonly tenant: string; readonly target: string }
  /** The text of a parameter or secret; null when there is none. @throws what the request fails with */
  readonly read: (name: string) => Promise<string | null>
  readonly clock: Clock
  /** Null when the credential is not what it must be. */
  readonly openSender: (target: CloudTarget, credential: string | null) => Promise<Sender | null>
}

/** How long settings hold: a tenant that is switched to triage is told no place a minute later. Unit: ms. */
const holdForMs = 60_000

/** Settings of tenant and target, read again now and then: a warm function lives longer than they do. */
export class TargetSettings {
  readonly #parts: SettingsParts
  #current: Settings | null = null
  #readAt = 0

  constructor(parts: SettingsParts) {
    this.#parts = parts
  }

  /** @throws what the requests fail with: nothing is delivered by settings that are too old */
  async current(): Promise<Settings> {
    const now = this.#parts.clock.monotonic()
    if (this.#current?.kind === 'ready' && now - this.#readAt < holdForMs) return this.#current
    const settings = await this.#read()
    this.#readAt = now
    this.#current = settings
    return settings
  }

  /** They are read anew before anything else is delivered. */
  forget(): void {
    this.#current = null
  }

  async #read(): Promise<Settings> {
    const { names, read, openSender } = this.#parts
    const [tenantText, targetText] = await Promise.all([read(names.tenant), read(names.target)])
    const parsedTarget = cloudTarget.safeParse(parseJson(targetText))
    const target = parsedTarget.success ? parsedTarget.data : null
    const parsedTenant = tenant.safeParse(parseJson(tenantText))
    if (!target || !parsedTenant.success) return { kind: 'unusable', reason: 'settings-unusable', target }
    const secret = secretOf(target)
    const credential = secret === null ? null : await read(secret)
    if (secret !== null && credential === null) return { kind: 'unusable', reason: 'secret-missing', target }
    const sender = await openSender(target, credential)
    if (!sender) return { kind: 'unusable', reason: 'secret-unusable', target }
    const { mode, deidentified } = parsedTenant.data
    return { kind: 'ready', target, rules: { mode, deidentified }, sender }
  }
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return null
  }
}
