import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { HttpAnswer } from '../../delivery/classify-answer.ts'
import { assertAllowedHost, guardedLookup } from './address-guard.ts'

export interface HttpExchangeOptions {
  readonly allowPrivateAddress: boolean
  /** From the connection to the end of the answer. */
  readonly timeoutSeconds: number
  /** Connections at a time. */
  readonly concurrency: number
  /** What is read of an answer at most. */
  readonly maximumAnswerBytes: number
}

/**
 * Posts to one target: connections are kept, addresses guarded, redirects not followed, and neither a slow nor an
 * endless answer takes more than its limits.
 */
export class HttpExchange {
  readonly #url: URL
  readonly #options: HttpExchangeOptions
  readonly #agent: HttpAgent

  constructor(url: string, options: HttpExchangeOptions) {
    this.#url = new URL(url)
    this.#options = options
    const agentOptions = { keepAlive: true, maxSockets: options.concurrency }
    this.#agent = this.#isTls ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions)
  }

  /** @throws what the connection fails with; a `TimeoutError` when it takes too long */
  async post(body: Uint8Array | string, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    assertAllowedHost(this.#url.hostname, this.#options.allowPrivateAddress)
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const signal = AbortSignal.timeout(this.#options.timeoutSeconds * 1000)
    try {
      return await this.#postOnce(bytes, headers, signal)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      // The target closed a kept connection in the very moment in which it was used again.
      if (!(error instanceof StaleConnectionError)) throw error
      return this.#postOnce(bytes, headers, signal).catch((failure) => {
        throw signal.aborted ? signal.reason : failure instanceof StaleConnectionError ? failure.cause : failure
      })
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  get #isTls(): boolean {
    return this.#url.protocol === 'https:'
  }

  #postOnce(body: Uint8Array, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const request: ClientRequest = (this.#isTls ? httpsRequest : httpRequest)(
        this.#url,
        {
          method: 'POST',
          agent: this.#agent,
          lookup: guardedLookup(this.#options.allowPrivateAddress),
          headers: { ...headers, 'content-length': body.length, 'user-agent': 'pleura' },
          signal,
        },
        (response) => this.#read(response, request).then(resolve, reject),
      )
      request.on('error', (cause: NodeJS.ErrnoException) => {
        const isStale = request.reusedSocket && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE')
        reject(isStale ? new StaleConnectionError('the kept connection is gone', { cause }) : cause)
      })
      request.end(body)
    })
  }

  async #read(response: IncomingMessage, request: ClientRequest): Promise<HttpAnswer> {
    const { maximumAnswerBytes } = this.#options
    const chunks: Buffer[] = []
    let length = 0
    let isCutOff = false
    for await (const chunk of response) {
      length += chunk.length
      if (length > maximumAnswerBytes) {
        isCutOff = true
        break
      }
      chunks.push(chunk)
    }
    if (isCutOff) request.destroy()
    return {
      status: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'] ?? null,
      body: Buffer.concat(chunks),
      isCutOff,
    }
  }
}

class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError'
}

export const authorizationHeader = (authorization: string | null): Readonly<Record<string, string>> =>
  authorization === null ? {} : { authorization }
