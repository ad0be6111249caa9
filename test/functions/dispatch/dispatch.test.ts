import { createServer, type Server } from 'node:http'
import { BatchClient } from '@aws-sdk/client-batch'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DrainJobs } from '../../../functions/dispatch/drain-jobs.ts'
import { createHandler } from '../../../functions/dispatch/handler.ts'
import { judgeWorkers, type ListedJob } from '../../../functions/dispatch/worker-failures.ts'
import { createOperationalLog } from '../../../lib/adapters/aws/operational-log.ts'

/** The two calls of AWS Batch that the dispatcher makes, on the wire: pages of two jobs. @see AWS Batch API reference */
class BatchStandIn {
  readonly jobs: string[] = []
  readonly submitted: unknown[] = []
  readonly asked: string[] = []
  /** A job that moves on while its states are listed. */
  whileListing: (state: string) => void = () => {}
  failing = 0
  /** Jobs that have a past. */
  past: { status: string; createdAt: number; startedAt?: number; stoppedAt?: number }[] = []
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
      const [filter] = body.filters ?? []
      if (filter) {
        if (filter.name !== 'AFTER_CREATED_AT') return answer(400, { message: 'no such filter' })
        const start = Number(body.nextToken ?? 0)
        const found = this.past.filter(({ createdAt }) => createdAt > Number(filter.values[0]))
        const nextToken = found.length > start + 2 ? { nextToken: String(start + 2) } : {}
        return answer(200, { jobSummaryList: found.slice(start, start + 2), ...nextToken })
      }
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
const minute = 60_000
const now = Date.UTC(2026, 10, 3, 12)
/** A job that failed so many minutes ago, after so many minutes of work; without them it never started. */
const failedAgo = (minutesAgo: number, ranMinutes?: number) => {
  const stoppedAt = now - minutesAgo * minute
  const startedAt = ranMinutes === undefined ? {} : { startedAt: stoppedAt - ranMinutes * minute }
  return { status: 'FAILED', createdAt: stoppedAt - (ranMinutes ?? 0) * minute, stoppedAt, ...startedAt }
}
const endedAgo = (minutesAgo: number) => {
  const stoppedAt = now - minutesAgo * minute
  return { status: 'SUCCEEDED', createdAt: stoppedAt - minute, startedAt: stoppedAt - minute, stoppedAt }
}
const dispatcher = (stat: number, routine: number) =>
  createHandler({
    queues: [{ depth: async () => stat }, { depth: async () => routine }],
    jobs,
    limits: { imagesPerJob: 100, maximumJobs: 6 },
    clock: { now: () => now },
    telemetry: createOperationalLog('dispatch', (line) => lines.push(line)),
  })

describe('the dispatcher', () => {
  it('submits what both lanes together ask for, once, however often it is called', async () => {
    const dispatch = dispatcher(50, 260)
    expect(await dispatch()).toEqual({ backlog: 310, activeJobs: 0, submitted: 4, failed: 0 })
    expect(await dispatch()).toEqual({ backlog: 310, activeJobs: 4, submitted: 0, failed: 0 })
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
    expect(await dispatcher(0, 0)()).toEqual({ backlog: 0, activeJobs: 0, submitted: 0, failed: 0 })
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
      { FailedWorkers: 0 },
      { program: 'dispatch', event: 'dispatched', backlog: 1, activeJobs: 0, submitted: 1 },
    ])
  })
})

describe('while workers fail', () => {
  const failures = (count: number, lastAgo: number) =>
    Array.from({ length: count }, (_, index) => failedAgo(lastAgo + index))

  it.each([
    [4, 0, 4],
    [5, 1.9, 0],
    [5, 2, 1],
    [6, 3.9, 0],
    [6, 4, 1],
    [7, 7.9, 0],
    [8, 14.9, 0],
    [20, 15, 1],
  ])(
    'after %i in a row, the last one %f minutes ago, %i are submitted of the four that are missing',
    async (count, ago, expected) => {
      batch.past = failures(count, ago)
      expect(await dispatcher(0, 400)()).toMatchObject({ submitted: expected, failed: count })
    },
  )

  it('one tries at a time', async () => {
    batch.past = failures(5, 2)
    expect(await dispatcher(0, 400)()).toMatchObject({ submitted: 1 })
    expect(await dispatcher(0, 400)()).toMatchObject({ activeJobs: 1, submitted: 0 })
  })

  it('a worker that cannot start is submitted 14 times in two hours, not 120', () => {
    const past: ListedJob[] = []
    for (let at = now; at < now + 120 * minute; at += minute) {
      if (judgeWorkers(past, at).heldBack) continue
      past.push({ status: 'FAILED', startedAt: undefined, stoppedAt: at + minute / 2 })
    }
    expect(past).toHaveLength(14)
  })

  it.each([
    ['a worker ended well', () => endedAgo(1)],
    ['a worker failed after five minutes of work', () => failedAgo(1, 5)],
    [
      'a worker has been at work for five minutes',
      () => ({ status: 'RUNNING', createdAt: now - 6 * minute, startedAt: now - 5 * minute }),
    ],
    ['it is thirteen hours ago', () => null],
  ])('starts them all again once %s', async (_, job) => {
    const past = job()
    batch.past = past ? [...failures(9, 2), past] : failures(9, 13 * 60)
    expect(await dispatcher(0, 400)()).toMatchObject({ submitted: 4, failed: 0 })
  })

  it('is in doubt again when one fails after that', async () => {
    batch.past = [...failures(9, 5), endedAgo(4), ...failures(2, 1)]
    expect(await dispatcher(0, 400)()).toMatchObject({ submitted: 4, failed: 2 })
  })

  it('tells how many, for the alarm', async () => {
    lines.length = 0
    batch.past = failures(5, 1)
    await dispatcher(0, 1)()
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { FailedWorkers: 5, HeldBack: 'true' },
      { submitted: 0, failed: 5 },
    ])
  })
})
