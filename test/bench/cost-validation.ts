import { setTimeout as sleep } from 'node:timers/promises'
import type { Arrival } from '../../lib/cost/arrivals.ts'
import { type Fleet, fleets } from '../../lib/cost/fleet.ts'
import { createRandom } from '../../lib/cost/random.ts'
import { simulateFleet } from '../../lib/cost/simulate-fleet.ts'
import type { Preprocessed } from '../../lib/screening/preprocess.ts'
import { type BenchedWorker, openWorker } from './open-worker.ts'

const maximumBatch = 8

interface Waits {
  /** Seconds from the queue to the result, in rising order. */
  readonly latencies: readonly number[]
  /** Seconds from the first arrival to the last result. */
  readonly makespan: number
}

/**
 * `pleura cost`'s simulation held against the worker. Its three numbers of a worker come from one deep queue and from
 * images sent one by one; then other arrivals are both sent to the worker and simulated, and what each says is laid
 * side by side. Columns: '', measured, simulated, difference.
 */
export async function validateCost(studies: readonly Preprocessed[]): Promise<string[][]> {
  const worker = await openWorker(studies, { maximumBatch })
  try {
    await send(
      worker,
      at(4, () => 0),
    )
    const measured = await measureWorker(worker)
    const fleet: Fleet = {
      ...fleets.cpu,
      ...measured,
      maximumBatch,
      bootSeconds: [0, 0],
      startSeconds: [0, 0],
      idleExitSeconds: Number.POSITIVE_INFINITY,
      maximumJobs: 1,
      spotShare: 0,
      preprocessSeconds: 0,
      wakeSeconds: 0,
    }
    const rows = [
      ['throughput of full batches', `${measured.throughput.toFixed(2)} images/s`, 'taken from it', ''],
      ['throughput of single images', `${measured.singleThroughput.toFixed(2)} images/s`, 'taken from it', ''],
      ['beside the network', `${measured.besideSeconds.toFixed(2)} s`, 'taken from it', ''],
    ]
    const random = createRandom(11)
    for (const [name, arrivals] of [
      ['Poisson, half of the throughput', poisson(0.5 * measured.throughput, 60, random.exponential)],
      ['Poisson, nine tenths of it', poisson(0.9 * measured.throughput, 90, random.exponential)],
      ['three bursts of 15', at(45, (n) => Math.floor(n / 15) * (22 / measured.throughput))],
    ] as const) {
      const found = await send(worker, arrivals)
      // One lane and one worker: in order of arrival.
      const { routine } = simulateFleet(arrivals, fleet, 1, 1).latencies
      const simulated: Waits = {
        latencies: routine.toSorted((a, b) => a - b),
        makespan: Math.max(...routine.map((latency, n) => arrivals[n].at + latency)) - arrivals[0].at,
      }
      for (const [what, of] of [
        ['p50', (waits: Waits) => quantile(waits, 0.5)],
        ['p95', (waits: Waits) => quantile(waits, 0.95)],
        ['last result', (waits: Waits) => waits.makespan],
      ] as const) {
        const [real, drawn] = [of(found), of(simulated)]
        const difference = `${drawn >= real ? '+' : ''}${(100 * (drawn / real - 1)).toFixed(0)} %`
        rows.push([`${name}: ${what}`, `${real.toFixed(2)} s`, `${drawn.toFixed(2)} s`, difference])
      }
    }
    return rows
  } finally {
    await worker.close()
  }
}

async function measureWorker(
  worker: BenchedWorker,
): Promise<Pick<Fleet, 'throughput' | 'singleThroughput' | 'besideSeconds'>> {
  const deep = await send(
    worker,
    at(48, () => 0),
  )
  const busyBefore = worker.busyMs()
  const alone: number[] = []
  for (let image = 0; image < 8; image++)
    alone.push(
      ...(
        await send(
          worker,
          at(1, () => 0),
        )
      ).latencies,
    )
  const singleSeconds = (worker.busyMs() - busyBefore) / 1000 / alone.length
  return {
    throughput: 48 / deep.makespan,
    singleThroughput: 1 / singleSeconds,
    besideSeconds: alone.reduce((sum, seconds) => sum + seconds, 0) / alone.length - singleSeconds,
  }
}

/** Sends images at their times to a worker that already listens, and waits for all results. */
async function send(worker: BenchedWorker, arrivals: readonly Arrival[]): Promise<Waits> {
  const imageIds = await worker.lay(arrivals.length)
  const working = worker.work(1_000 + 1000 * Math.max(...gapsOf(arrivals)))
  const started = performance.now()
  const sentAt: number[] = []
  for (const [n, { at }] of arrivals.entries()) {
    await sleep(Math.max(0, started + 1000 * at - performance.now()))
    sentAt.push(performance.now())
    await worker.enqueue(imageIds[n])
  }
  await working
  const finished = imageIds.map((imageId) => worker.finishedAt.get(imageId) ?? Number.NaN)
  return {
    latencies: finished.map((end, n) => (end - sentAt[n]) / 1000).toSorted((a, b) => a - b),
    makespan: (Math.max(...finished) - sentAt[0]) / 1000,
  }
}

const at = (count: number, seconds: (n: number) => number): Arrival[] =>
  Array.from({ length: count }, (_, n) => ({ at: seconds(n), lane: 'routine' }))

function poisson(perSecond: number, count: number, exponential: (rate: number) => number): Arrival[] {
  let now = 0
  return at(count, (n) => {
    if (n > 0) now += exponential(perSecond)
    return now
  })
}

const gapsOf = (arrivals: readonly Arrival[]): number[] =>
  arrivals.map(({ at }, n) => at - (n === 0 ? 0 : arrivals[n - 1].at))

const quantile = ({ latencies }: Waits, share: number): number =>
  latencies[Math.max(0, Math.ceil(share * latencies.length) - 1)]
