import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createWebhookSender } from '../../adapters/delivery/webhook-sender.ts'
import type { DeliveryTarget, TargetOfKind } from '../../delivery/delivery-config.ts'
import type { Sender } from '../../delivery/sender.ts'
import { parseWebhookSecret } from '../../delivery/webhook/sign-webhook.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { Clock } from '../../screening/kernel/ports.ts'

/** @param folder Where the files lie that the target names. @throws {ConfigurationError} for a secret that is none */
export async function openSender(target: DeliveryTarget, folder: string, clock: Clock): Promise<Sender> {
  return createWebhookSender(target, await readSecret(target, folder), clock)
}

async function readSecret({ name, secretFile }: TargetOfKind<'webhook'>, folder: string): Promise<Uint8Array> {
  const secret = parseWebhookSecret(await readOwnFile(name, folder, secretFile))
  if (secret) return secret
  throw new ConfigurationError(
    `The secret of target ${name} in ${secretFile} is none: it must be whsec_ and 24 to 64 bytes in base64.`,
  )
}

async function readOwnFile(target: string, folder: string, file: string): Promise<string> {
  try {
    return await readFile(resolve(folder, file), 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new ConfigurationError(`${file}, which target ${target} names, cannot be read (${code}).`, { cause })
  }
}
