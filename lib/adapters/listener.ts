import { type BlockList, isIPv6, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { ConfigurationError } from '../screening/kernel/errors.ts'

/** A port that is listened on. */
export interface Listener {
  readonly port: number
  /** Takes nothing new, and resolves when what is under way is answered. */
  stop(): Promise<void>
}

/** @returns the port, also where the system was to choose it (0) @throws {ConfigurationError} when it cannot be had */
export async function openServer(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = reasons[cause.code ?? ''] ?? `it cannot be opened (${cause.code})`
      reject(new ConfigurationError(`Port ${port} of ${host} cannot be listened on: ${why}`, { cause }))
    })
    server.listen({ host, port }, resolve)
  })
  // One connection that cannot be taken is no reason to end.
  server.on('error', () => {})
  return (server.address() as { port: number }).port
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has it. Stop that one, or give another port.',
  EADDRNOTAVAIL: 'this machine has no such address. Give one that it has, or 127.0.0.1.',
  EACCES: 'ports below 1024 are for root. Give a higher one.',
  ENOTFOUND: 'no address is known by that name. Give an address of this machine.',
}

export function isAllowedPeer(peers: BlockList | null, { remoteAddress }: Socket): boolean {
  if (!peers) return true
  if (!remoteAddress) return false
  // A socket of both families shows IPv4 peers in the form of IPv6.
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')
  return peers.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Why a peer got no TLS connection: a code of OpenSSL or of the system, never a text. */
export function describeTlsFailure({ code }: NodeJS.ErrnoException, socket: TLSSocket): string {
  // The types have it as an error; it is the code of one.
  const authorization = socket.authorizationError as unknown as string | null
  return `tls-failed-${authorization ?? code ?? 'unknown'}`
}
