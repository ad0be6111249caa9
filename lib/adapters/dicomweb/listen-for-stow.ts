import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { BlockList, Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { KeptObject } from '../embedded/arriving-file.ts'
import { type Inbox, NoRoomError } from '../embedded/inbox.ts'
import { describeTlsFailure, isAllowedPeer, type Listener, openServer } from '../listener.ts'
import { MultipartError, readParts } from './read-parts.ts'
import { buildStoreAnswer, type StoreOutcome, statusOf } from './store-answer.ts'
import { storePart } from './store-parts.ts'

export interface StowListenerOptions {
  readonly host: string
  readonly port: number
  /** Null: every address. */
  readonly peers: BlockList | null
  readonly tls: TlsOptions | null
  /** Of connections. */
  readonly maximumAssociations: number
  readonly idleMs: number
  readonly inbox: Inbox
  readonly onKept: (kept: KeptObject) => void
  readonly onNotKept: (cause: unknown) => void
  readonly onTrouble: (reason: string) => void
}

/** More than a study of radiographs has; each takes a line of the answer. */
const maximumParts = 10_000
const headersMs = 10_000
/** How long the last requests may take once the listener stops. Unit: ms. */
const drainMs = 30_000
const studiesPath = /^\/studies(?:\/([0-9.]{1,64}))?\/?$/
const jsonType = 'application/dicom+json'

/** The request is refused whole, before or besides any of its objects. */
class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** Takes radiographs by STOW-RS. @throws {ConfigurationError} when the port cannot be had @see DICOM PS3.18 10.5 */
export async function listenForStow(options: StowListenerOptions): Promise<Listener> {
  const { tls, peers, onTrouble } = options
  let isStopping = false
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (isStopping) response.setHeader('connection', 'close')
    store(request, options).then(
      (outcomes) => reply(response, statusOf(outcomes), jsonType, JSON.stringify(buildStoreAnswer(outcomes))),
      (error: unknown) => refuse(request, response, error, onTrouble),
    )
  }
  const server: Server = tls ? createTlsServer(tls, answer) : createPlainServer(answer)
  server.on('connection', (socket: Socket) => {
    if (isAllowedPeer(peers, socket)) return
    onTrouble('peer-not-allowed')
    socket.destroy()
  })
  server.on('tlsClientError', (error, socket) => onTrouble(describeTlsFailure(error, socket)))
  server.on('drop', () => onTrouble('too-many-connections'))
  server.maxConnections = options.maximumAssociations
  server.headersTimeout = headersMs
  // A large study may take its time, but not be silent.
  server.requestTimeout = 0
  server.setTimeout(options.idleMs)
  const port = await openServer(server, options)
  return {
    port,
    async stop() {
      isStopping = true
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      const late = setTimeout(() => server.closeAllConnections(), drainMs)
      await closed
      clearTimeout(late)
    },
  }
}

async function store(request: IncomingMessage, options: StowListenerOptions): Promise<StoreOutcome[]> {
  const path = studiesPath.exec(new URL(request.url ?? '', 'http://localhost').pathname)
  if (!path) throw new RequestError(404, 'Only /studies and /studies/{study} are here.')
  if (request.method !== 'POST') throw new RequestError(405, 'Objects are stored with POST; nothing is given out.')
  assertAcceptable(request.headers.accept)
  const parts = { ...options, studyInstanceUid: path[1] ?? null }
  const { type, boundary } = mediaTypeOf(request)
  try {
    await options.inbox.assertRoom()
    if (type === 'application/dicom') return [await storePart(request, parts)]
    const outcomes: StoreOutcome[] = []
    for await (const { body } of readParts(request, boundary)) {
      if (outcomes.length === maximumParts) throw new RequestError(413, `More than ${maximumParts} parts.`)
      outcomes.push(await storePart(body, parts))
    }
    if (outcomes.length === 0) throw new RequestError(400, 'The body holds no part.')
    return outcomes
  } catch (error) {
    if (error instanceof MultipartError) throw new RequestError(400, 'The multipart body is broken.', { cause: error })
    if (error instanceof NoRoomError) throw new RequestError(503, 'The disk is nearly full. Try again later.')
    throw error
  }
}

function assertAcceptable(accept: string | undefined): void {
  if (accept === undefined || /\*\/\*|application\/\*|application\/(dicom\+)?json/i.test(accept)) return
  throw new RequestError(406, `The answer is ${jsonType}.`)
}

/** @throws {RequestError} 415, 400 */
function mediaTypeOf({ headers }: IncomingMessage): { type: string; boundary: string } {
  const [type, ...parameters] = (headers['content-type'] ?? '').split(';').map((part) => part.trim())
  const parameterOf = (name: string): string | null =>
    parameters.map((part) => new RegExp(`^${name}\\s*=\\s*"?([^"]*)"?$`, 'i').exec(part)?.[1]).find(Boolean) ?? null
  const isPlain = (headers['content-encoding'] ?? 'identity') === 'identity'
  if (isPlain && type.toLowerCase() === 'application/dicom') return { type: 'application/dicom', boundary: '' }
  const isDicom =
    type.toLowerCase() === 'multipart/related' && parameterOf('type')?.toLowerCase() === 'application/dicom'
  if (!isPlain || !isDicom) throw new RequestError(415, 'Send multipart/related; type="application/dicom".')
  const boundary = parameterOf('boundary')
  if (boundary === null || boundary.length > 70) throw new RequestError(400, 'The Content-Type names no boundary.')
  return { type: 'multipart/related', boundary }
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  onTrouble: (reason: string) => void,
): void {
  const status = error instanceof RequestError ? error.status : 500
  onTrouble(request.destroyed && !request.complete ? 'connection-lost' : `answered-${status}`)
  // The rest of the body goes nowhere: a sender that still writes would not read the answer.
  request.resume()
  response.setHeader('connection', 'close')
  if (status === 405) response.setHeader('allow', 'POST')
  reply(
    response,
    status,
    'text/plain; charset=utf-8',
    error instanceof RequestError ? error.message : 'The server failed.',
  )
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
