import type { SenderTarget } from '../../delivery/delivery-config.ts'
import type { Sender } from '../../delivery/sender.ts'
import { parseWebhookSecret } from '../../delivery/webhook/sign-webhook.ts'
import type { Clock } from '../../screening/kernel/ports.ts'
import { createFhirSender } from './fhir-sender.ts'
import { createMllpSender } from './mllp-sender.ts'
import type { TlsCredentials } from './open-socket.ts'
import { createStowSender } from './stow-sender.ts'
import { createWebhookSender } from './webhook-sender.ts'

/**
 * @param credential The text of what the target names: a webhook's secret, or the value of the header Authorization.
 * @param tls Of a target whose wire is neither HTTP nor HTTPS.
 * @returns null when that is not what it must be
 */
export async function createSender(
  target: SenderTarget,
  credential: string | null,
  clock: Clock,
  tls: TlsCredentials = {},
): Promise<Sender | null> {
  switch (target.kind) {
    case 'webhook': {
      const secret = parseWebhookSecret(credential ?? '')
      return secret && createWebhookSender(target, secret, clock)
    }
    case 'fhir':
    case 'stow': {
      const authorization = credential?.trim() ?? null
      if (authorization !== null && !/^[\x20-\x7e]+$/.test(authorization)) return null
      return target.kind === 'fhir'
        ? createFhirSender(target, authorization, clock)
        : createStowSender(target, authorization, clock)
    }
    case 'mllp':
      return createMllpSender(target, tls)
    case 'c-store': {
      // The library takes its time to load, and only this wire needs it.
      const { createStoreSender } = await import('./store-sender.ts')
      return createStoreSender(target, tls)
    }
  }
}
