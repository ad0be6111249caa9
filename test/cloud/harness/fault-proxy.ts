import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'

/** What happens to one request instead of, or after, its way to the server. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly code: string }
  /** The request is carried out, its answer lost. */
  | { readonly kind: 'lost-answer' }
  /** The answer's body ends after half of its bytes. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'delay'; readonly ms: number }

export interface FaultProxy {
  readonly endpoint: string
  /** Decides on each request; null lets it pass. */
  decide: (request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>) => Fault | null
  readonly stop: () => Promise<void>
}

/** A server between a client and a stand-in that injects faults as S3 shows them. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk) => chunks.push(chunk))
    incoming.on('end', () => {
      const fault = proxy.decide(incoming)
      if (fault?.kind === 'delay') setTimeout(() => pass(incoming, Buffer.concat(chunks), answer, null), fault.ms)
      else if (fault?.kind === 'reset') incoming.socket.destroy()
      else if (fault?.kind === 'status') refuse(answer, fault.status, fault.code)
      else pass(incoming, Buffer.concat(chunks), answer, fault)
    })
  })
  const pass = (incoming: IncomingMessage, body: Buffer, answer: ServerResponse, fault: Fault | null) => {
    const onward = send(
      new URL(incoming.url ?? '/', target),
      { method: incoming.method, headers: incoming.headers },
      (reply) => {
        const parts: Buffer[] = []
        reply.on('data', (part) => parts.push(part))
        reply.on('end', () => {
          if (fault?.kind === 'lost-answer') return incoming.socket.destroy()
          const whole = Buffer.concat(parts)
          const { 'transfer-encoding': _, ...headers } = reply.headers
          answer.writeHead(reply.statusCode ?? 500, {
            ...headers,
            ...(whole.length ? { 'content-length': whole.length } : {}),
          })
          if (fault?.kind !== 'truncated') return answer.end(whole)
          answer.write(whole.subarray(0, whole.length >> 1), () => incoming.socket.destroy())
        })
      },
    )
    onward.on('error', () => incoming.socket.destroy())
    onward.end(body)
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${port}`,
    decide: () => null,
    stop: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
  return proxy
}

function refuse(answer: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>injected</Message></Error>`
  answer.writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length, connection: 'close' })
  answer.end(body)
}
