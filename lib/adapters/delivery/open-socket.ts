import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, type SecureContextOptions } from 'node:tls'
import { assertAllowedHost, guardedLookup } from './address-guard.ts'

export interface SocketTarget {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  readonly allowPrivateAddress: boolean
}

/** In PEM form: the authority that is trusted instead of those that Node trusts, and a certificate of our own. */
export type TlsCredentials = Pick<SecureContextOptions, 'ca' | 'cert' | 'key'>

/**
 * A connection to a target, guarded as those of HTTP are. It is destroyed, with the signal's reason, when that is aborted.
 * @throws what the connection fails with
 */
export async function openSocket(
  target: SocketTarget,
  credentials: TlsCredentials,
  signal: AbortSignal,
): Promise<Socket> {
  const { host, port, tls, allowPrivateAddress } = target
  assertAllowedHost(host, allowPrivateAddress)
  signal.throwIfAborted()
  // A command and its data set are two writes: the second would wait for the first one's acknowledgement.
  const options = { host, port, noDelay: true, lookup: guardedLookup(allowPrivateAddress) }
  // RFC 6066 knows no address as a server's name; the certificate is compared with the host either way.
  const servername = isIP(host) === 0 ? { servername: host } : {}
  const socket: Socket = tls ? connectTls({ ...options, ...servername, ...credentials }) : connect(options)
  signal.addEventListener('abort', () => socket.destroy(signal.reason), { once: true })
  await new Promise<void>((resolve, reject) => {
    socket.once(tls ? 'secureConnect' : 'connect', resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECLOSED' })))
  })
  return socket
}
