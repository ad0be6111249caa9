import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface HttpReceiver {
  readonly url: string
  readonly port: number
  readonly received: Received[]
  /** How the next requests are answered. */
  answer: (response: ServerResponse, request: Received) => void
  /** Resolves when all who were connected have gone: what a killed one had sent has been received. */
  left(): Promise<void>
  stop(): Promise<void>
}

/** A web server of this machine that keeps what it is sent. @param port 0: a free one */
export async function openHttpReceiver(
  answer: HttpReceiver['answer'] = (response) => response.writeHead(204).end(),
  port = 0,
): Promise<HttpReceiver> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      return
    }
    const received = { path: request.url!, headers: request.headers, body: Buffer.concat(chunks) }
    receiver.received.push(received)
    receiver.answer(response, received)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const { port: opened } = server.address() as AddressInfo
  const receiver: HttpReceiver = {
    url: `http://127.0.0.1:${opened}`,
    port: opened,
    received: [],
    answer,
    left: async () => {
      const open = () => new Promise((tell) => server.getConnections((_, count) => tell(count)))
      while ((await open()) !== 0) await sleep(20)
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return receiver
}

/** Answers with this status and body, whatever comes. */
export const answering =
  (status: number, body: unknown): HttpReceiver['answer'] =>
  (response) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
