import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createFhirSender } from '../../adapters/delivery/fhir-sender.ts'
import { createMllpSender } from '../../adapters/delivery/mllp-sender.ts'
import { createStowSender } from '../../adapters/delivery/stow-sender.ts'
import { createWebhookSender } from '../../adapters/delivery/webhook-sender.ts'
import type { DeliveryTarget, TargetOfKind } from '../../delivery/delivery-config.ts'
import type { Sender } from '../../delivery/sender.ts'
import { parseWebhookSecret } from '../../delivery/webhook/sign-webhook.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { Clock } from '../../screening/kernel/ports.ts'

/** @param folder Where the files lie that the target names. @throws {ConfigurationError} for a secret that is none */
export async function openSender(target: DeliveryTarget, folder: string, clock: Clock): Promise<Sender> {
  switch (target.kind) {
    case 'webhook':
      return createWebhookSender(target, await readSecret(target, folder), clock)
    case 'fhir':
      return createFhirSender(target, await readAuthorization(target, folder), clock)
    case 'stow':
      return createStowSender(target, await readAuthorization(target, folder), clock)
    case 'mllp':
      return createMllpSender(target)
    case 'c-store': {
      // The library takes its time to load, and only this wire needs it.
      const { createStoreSender } = await import('../../adapters/delivery/store-sender.ts')
      return createStoreSender(target)
    }
  }
}

/** @throws {ConfigurationError} for what cannot be the value of a header */
async function readAuthorization(
  { name, authorizationFile }: TargetOfKind<'fhir'> | TargetOfKind<'stow'>,
  folder: string,
): Promise<string | null> {
  if (authorizationFile === null) return null
  const value = (await readOwnFile(name, folder, authorizationFile)).trim()
  if (/^[\x20-\x7e]+$/.test(value)) return value
  throw new ConfigurationError(
    `${authorizationFile}, which target ${name} names, must hold one line: the value of the header Authorization.`,
  )
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
