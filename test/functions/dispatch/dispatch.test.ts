import { createServer, type Server } from 'node:http'
import { BatchClient } from '@aws-sdk/client-batch'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DrainJobs } from '../../../functions/dispatch/drain-jobs.ts'
import { createHandler } from '../../../functions/dispatch/handler.ts'
import { createOperationalLog } from '../../../lib/adapters/aws/operational-log.ts'

/** The two calls of AWS Batch that the dispatcher makes, on the wire: pages of two jobs. @see AWS Batch API reference */
class BatchStandIn {
  readonly jobs: string[] = []
  readonly submitted: unknown[] = []
  readonly asked: string[] = []
  /** A job that moves on while its states are listed. */
  whileListing: (state: string) => void = () => {}
  failing = 0
  readonly #server: Server

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const body = JSON.parse(Buffer.concat(chunks).toString() || '{}')
      const answer = (status: number, json: unknown) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json))
      }
      if (this.failing > 0) {
        this.failing--
        return answer(500, { message: 'try again' })
      }
      if (request.url === '/v1/submitjob') {
        this.submitted.push(body)
        this.jobs.push('SUBMITTED')
        return answer(200, { jobArn: 'arn', jobName: body.jobName, jobId: String(this.jobs.length) })
      }
      if (request.url !== '/v1/listjobs') return answer(404, {})
      const state = body.jobStatus
      const start = Number(body.nextToken ?? 0)
      const found = this.jobs.filter((job) => job === state)
      const page = found.slice(start, start + 2).map((_, index) => ({ jobId: `${start + index}`, jobName: 'drain' }))
      this.asked.push(`${body.jobQueue} ${state}`)
      answer(200, { jobSummaryList: page, ...(found.length > start + 2 ? { nextToken: String(start + 2) } : {}) })
      this.whileListing(state)
    })
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((done) => this.#server.close(() => done()))
  }
}

let batch: BatchStandIn
let jobs: DrainJobs
beforeEach(async () => {
  batch = new BatchStandIn()
  const client = new BatchClient({
    endpoint: await batch.start(),
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  jobs = new DrainJobs(client, 'gpu-queue', 'drain-job:7')
})
afterEach(() => batch.stop())

const lines: string[] = []
const dispatcher = (stat: number, routine: number) =>
  createHandler({
    queues: [{ depth: async () => stat }, { depth: async () => routine }],
    jobs,
    limits: { imagesPerJob: 100, maximumJobs: 6 },
    telemetry: createOperationalLog('dispatch', (line) => lines.push(line)),
  })

describe('the dispatcher', () => {
  it('submits what both lanes together ask for, once, however often it is called', async () => {
    const dispatch = dispatcher(50, 260)
    expect(await dispatch()).toEqual({ backlog: 310, activeJobs: 0, submitted: 4 })
    expect(await dispatch()).toEqual({ backlog: 310, activeJobs: 4, submitted: 0 })
    expect(batch.submitted).toEqual(
      Array.from({ length: 4 }, () => ({ jobName: 'drain', jobQueue: 'gpu-queue', jobDefinition: 'drain-job:7' })),
    )
  })

  it('counts the jobs of every state in which they still come or work, over all pages', async () => {
    const active = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING']
    batch.jobs.push(...active, 'RUNNING', 'RUNNING', 'RUNNING', 'RUNNING', 'SUCCEEDED', 'FAILED')
    expect(await jobs.countActive()).toBe(9)
    expect([...new Set(batch.asked)]).toEqual(active.map((state) => `gpu-queue ${state}`))
  })

  it('never misses a job that moves on while the states are listed', async () => {
    batch.jobs.push('SUBMITTED')
    const next: Record<string, string> = { SUBMITTED: 'RUNNABLE', RUNNABLE: 'STARTING', STARTING: 'RUNNING' }
    batch.whileListing = (state) => {
      batch.jobs[0] = next[state] ?? batch.jobs[0]
    }
    expect(await jobs.countActive()).toBeGreaterThanOrEqual(1)
  })

  it('asks Batch for nothing when nothing waits', async () => {
    expect(await dispatcher(0, 0)()).toEqual({ backlog: 0, activeJobs: 0, submitted: 0 })
    expect(batch.asked).toEqual([])
  })

  it('gets over a failure of Batch, and makes up for a lasting one when it is called again', async () => {
    batch.failing = 1
    expect(await dispatcher(1, 0)()).toMatchObject({ submitted: 1 })
    batch.jobs.length = 0
    batch.failing = 10
    await expect(dispatcher(1, 0)()).rejects.toThrow()
    batch.failing = 0
    expect(await dispatcher(1, 0)()).toMatchObject({ submitted: 1 })
  })

  it('logs what it saw and did', async () => {
    lines.length = 0
    await dispatcher(1, 0)()
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { program: 'dispatch', event: 'dispatched', backlog: 1, activeJobs: 0, submitted: 1 },
    ])
  })
})
