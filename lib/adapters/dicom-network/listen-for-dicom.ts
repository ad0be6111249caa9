import { type BlockList, createServer as createPlainServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { KeptObject } from '../embedded/arriving-file.ts'
import type { Inbox } from '../embedded/inbox.ts'
import { describeTlsFailure, isAllowedPeer, type Listener, openServer } from '../listener.ts'
import { DicomConnection } from './dicom-connection.ts'
import type { AssociationRefusal } from './storage-scp.ts'

export interface DicomListenerOptions {
  readonly host: string
  readonly port: number
  /** Ours; an association that calls another one is rejected. */
  readonly aeTitle: string
  /** Null: every caller. */
  readonly callingAeTitles: readonly string[] | null
  /** Null: every address. */
  readonly peers: BlockList | null
  readonly tls: TlsOptions | null
  readonly maximumAssociations: number
  readonly maximumObjectBytes: number
  readonly idleMs: number
  readonly inbox: Inbox
  readonly onKept: (kept: KeptObject) => void
  readonly onNotKept: (cause: unknown) => void
  /** A connection or association is refused, or ends badly; without anything that the peer has sent. */
  readonly onTrouble: (reason: string) => void
}

/** Connections that have not yet asked for an association, or are being told that there are too many. */
const spareConnections = 16
/** How long the last objects may take once the listener stops. Unit: ms. */
const drainMs = 30_000

/** Takes radiographs by C-STORE. @throws {ConfigurationError} when the port cannot be had */
export async function listenForDicom(options: DicomListenerOptions): Promise<Listener> {
  const { tls, peers, aeTitle, callingAeTitles, maximumAssociations, onTrouble } = options
  const connections = new Set<DicomConnection>()
  let associations = 0
  let isStopping = false

  const refuse = (called: string, calling: string): AssociationRefusal | null => {
    if (called !== aeTitle) return 'called-ae-title'
    if (callingAeTitles && !callingAeTitles.includes(calling)) return 'calling-ae-title'
    return associations >= maximumAssociations || isStopping ? 'too-many-associations' : null
  }
  const accept = (socket: Socket): void => {
    if (!isAllowedPeer(peers, socket)) {
      onTrouble('peer-not-allowed')
      socket.destroy()
      return
    }
    let isCounted = false
    const connection = new DicomConnection(socket, {
      ...options,
      judge(called, calling) {
        const refusal = refuse(called, calling)
        if (refusal === null) {
          isCounted = true
          associations++
        }
        return refusal
      },
      onRefused: (refusal) => onTrouble(`refused-${refusal}`),
      onBroken: onTrouble,
    })
    connections.add(connection)
    socket.once('close', () => {
      connections.delete(connection)
      if (isCounted) associations--
    })
  }

  const server: Server = tls ? createTlsServer(tls, accept) : createPlainServer(accept)
  server.on('tlsClientError', (error, socket) => onTrouble(describeTlsFailure(error, socket)))
  server.on('drop', () => onTrouble('too-many-connections'))
  server.maxConnections = maximumAssociations + spareConnections
  const port = await openServer(server, options)
  return {
    port,
    async stop() {
      isStopping = true
      const closed = new Promise((resolve) => server.close(resolve))
      for (const connection of connections) connection.drain()
      const late = setTimeout(() => {
        for (const connection of connections) connection.close()
      }, drainMs)
      await closed
      clearTimeout(late)
    },
  }
}
