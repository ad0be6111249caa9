import { createSecureContext } from 'node:tls'
import type { TlsCredentials } from '../../adapters/delivery/open-socket.ts'
import type { DeliveryTarget } from '../../delivery/delivery-config.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { readNamedFile } from './read-named-file.ts'

/**
 * What a target's TLS is to use besides what Node trusts; nothing where it names nothing.
 * @throws {ConfigurationError} for files without `tls`, half a pair, or what is no certificate or key
 */
export async function readTlsCredentials(target: DeliveryTarget, folder: string): Promise<TlsCredentials> {
  if (!('tlsKeyFile' in target)) return {}
  const { name, tls, tlsAuthorityFile, tlsCertificateFile, tlsKeyFile } = target
  const files = [tlsAuthorityFile, tlsCertificateFile, tlsKeyFile].filter((file) => file !== null)
  if (files.length === 0) return {}
  if (!tls) throw new ConfigurationError(`Target ${name} names ${files.join(', ')} and has no "tls": true.`)
  if ((tlsCertificateFile === null) !== (tlsKeyFile === null)) {
    throw new ConfigurationError(`Target ${name} needs both tlsCertificateFile and tlsKeyFile, or neither.`)
  }
  const read = (file: string | null) => (file === null ? undefined : readNamedFile(name, folder, file))
  const [ca, cert, key] = await Promise.all([tlsAuthorityFile, tlsCertificateFile, tlsKeyFile].map(read))
  const credentials: TlsCredentials = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  }
  try {
    createSecureContext(credentials)
  } catch (cause) {
    throw new ConfigurationError(
      `One of ${files.join(', ')}, which target ${name} names, is no certificate or key in PEM form, or they do not match.`,
      { cause },
    )
  }
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw new ConfigurationError(`${tlsAuthorityFile}, which target ${name} names, holds no certificate in PEM form.`)
  }
  return credentials
}
