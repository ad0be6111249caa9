import { createSender } from '../../adapters/delivery/create-sender.ts'
import type { DeliveryTarget } from '../../delivery/delivery-config.ts'
import type { Sender } from '../../delivery/sender.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { Clock } from '../../screening/kernel/ports.ts'
import { readNamedFile } from './read-named-file.ts'
import { readTlsCredentials } from './read-tls-credentials.ts'

/** @param folder Where the files lie that the target names. @throws {ConfigurationError} for a secret or a certificate that is none */
export async function openSender(target: DeliveryTarget, folder: string, clock: Clock): Promise<Sender> {
  const file = credentialFileOf(target)
  const credential = file === null ? null : await readNamedFile(target.name, folder, file)
  const sender = await createSender(target, credential, clock, await readTlsCredentials(target, folder))
  if (sender) return sender
  throw new ConfigurationError(
    target.kind === 'webhook'
      ? `The secret of target ${target.name} in ${file} is none: it must be whsec_ and 24 to 64 bytes in base64.`
      : `${file}, which target ${target.name} names, must hold one line: the value of the header Authorization.`,
  )
}

function credentialFileOf(target: DeliveryTarget): string | null {
  if ('secretFile' in target) return target.secretFile
  return 'authorizationFile' in target ? target.authorizationFile : null
}
