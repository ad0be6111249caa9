import { describe, expect, it } from 'vitest'
import { type Arrival, drawArrivals } from '../../lib/cost/arrivals.ts'
import { estimateCost } from '../../lib/cost/estimate-cost.ts'
import { type Fleet, fleets } from '../../lib/cost/fleet.ts'
import { defaultPrices } from '../../lib/cost/prices.ts'
import { createRandom } from '../../lib/cost/random.ts'
import { batchSeconds, simulateFleet } from '../../lib/cost/simulate-fleet.ts'

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** One worker that starts at once and never ends: a queue of the text books. */
const oneServer: Fleet = {
  ...fleets.cpu,
  throughput: 1,
  maximumBatch: 1,
  singleThroughput: 1,
  besideSeconds: 0,
  bootSeconds: [0, 0],
  startSeconds: [0, 0],
  idleExitSeconds: Number.POSITIVE_INFINITY,
  maximumJobs: 1,
  spotShare: 0,
  interruptionsPerHour: 0,
  preprocessSeconds: 0,
  tickSeconds: 1,
  wakeSeconds: 0,
}

function* poisson(rate: number, count: number, lane: Arrival['lane'] = 'routine'): Generator<Arrival> {
  const random = createRandom(7)
  let at = 0
  for (let n = 0; n < count; n++) {
    at += random.exponential(rate)
    yield { at, lane }
  }
}

const question = {
  imagesPerDay: 2000,
  pattern: 'office-hours',
  profile: 'gpu',
  endpoints: 'economy',
  days: 7,
  statShare: 0.1,
  seed: 3,
  changes: {},
} as const

describe('one worker that never ends', () => {
  it.each([0.3, 0.6, 0.8])('at load %f waits as the M/D/1 queue does', (load) => {
    const { latencies } = simulateFleet(poisson(load, 200_000), oneServer, 1, 1)
    const wait = sum(latencies.routine) / latencies.routine.length - 1
    // Pollaczek and Khinchine: load / (2 · rate of service · (1 − load)).
    expect(wait / (load / (2 * (1 - load)))).toBeCloseTo(1, 1)
  })

  it('works as long as there is work, and idles the rest', () => {
    const simulation = simulateFleet(poisson(0.7, 50_000), oneServer, 1, 1)
    const { machineSeconds } = simulation
    expect(machineSeconds.busy).toBeCloseTo(50_000, 3)
    expect(machineSeconds.busy + machineSeconds.idle).toBeCloseTo(simulation.onDemandSeconds, 3)
  })
})

describe('batches', () => {
  const batching = { ...oneServer, maximumBatch: 4, singleThroughput: 1, throughput: 2, besideSeconds: 0.25 }
  const at = (...times: number[]): Arrival[] => times.map((each) => ({ at: each, lane: 'routine' }))

  it('take what waits, up to their size, and end together', () => {
    // Alone from 0 to 1; four of the five that wait by then to 3; the last alone to 4. Each a quarter beside it.
    const { latencies, machineSeconds } = simulateFleet(at(0, 0.5, 0.5, 0.5, 0.5, 0.5), batching, 1, 1)
    expect(latencies.routine).toEqual([1.25, 2.75, 2.75, 2.75, 2.75, 3.75])
    expect(machineSeconds.busy).toBe(4)
  })

  it('take times between one and all on a line', () => {
    for (const [images, seconds] of [
      [1, 1],
      [2, 4 / 3],
      [3, 5 / 3],
      [4, 2],
    ]) {
      expect(batchSeconds(batching, images)).toBeCloseTo(seconds, 12)
    }
  })

  it('go back whole when their spot machine is taken away', () => {
    const burst: Arrival[] = Array.from({ length: 4000 }, (_, n) => ({ at: 0, lane: n % 9 === 0 ? 'stat' : 'routine' }))
    const { latencies, interruptions } = simulateFleet(
      burst,
      { ...fleets.gpu, spotShare: 1, interruptionsPerHour: 200 },
      1,
      1,
    )
    expect(interruptions).toBeGreaterThan(3)
    expect(latencies.stat.length + latencies.routine.length).toBe(4000)
  })
})

describe('a fleet', () => {
  const arrivals = () => drawArrivals(question, 3)

  it.each(['gpu', 'warm', 'cpu'] as const)(
    '%s: finishes every image once, and pays for each second of its machines',
    (profile) => {
      const simulation = simulateFleet(arrivals(), fleets[profile], 1, 7)
      const { latencies, machineSeconds, spotSeconds, onDemandSeconds } = simulation
      expect(latencies.stat.length + latencies.routine.length).toBe(simulation.arrived)
      expect(simulation.arrived).toBe([...arrivals()].length)
      const { throughput, singleThroughput } = fleets[profile]
      const bounds = [simulation.arrived / throughput, simulation.arrived / singleThroughput]
      expect(machineSeconds.busy).toBeGreaterThanOrEqual(Math.min(...bounds) - 1e-3)
      expect(machineSeconds.busy).toBeLessThanOrEqual(Math.max(...bounds) + 1e-3)
      expect(sum(Object.values(machineSeconds))).toBeCloseTo(spotSeconds + onDemandSeconds, 3)
      expect(Math.min(...latencies.stat, ...latencies.routine)).toBeGreaterThan(0)
    },
  )

  it('loses no image with its spot machines, only time', () => {
    const { latencies, interruptions, machineSeconds, arrived } = simulateFleet(
      arrivals(),
      { ...fleets.gpu, spotShare: 1, interruptionsPerHour: 60, throughput: 0.5 },
      1,
      7,
    )
    expect(interruptions).toBeGreaterThan(20)
    expect(machineSeconds.lost).toBeGreaterThan(0)
    expect(latencies.stat.length + latencies.routine.length).toBe(arrived)
  })

  it('takes spot machines away also while they wait', () => {
    const two: Arrival[] = [0, 30_000].map((at) => ({ at, lane: 'routine' }))
    const patient = { ...fleets.gpu, spotShare: 1, interruptionsPerHour: 60, idleExitSeconds: 36_000 }
    const { interruptions, spotSeconds } = simulateFleet(two, patient, 1, 1)
    expect(interruptions).toBe(2)
    expect(spotSeconds).toBeLessThan(2000)
  })

  it('starts one job for as many images as one job is for', () => {
    const burst: Arrival[] = Array.from({ length: 500 }, () => ({ at: 0, lane: 'routine' }))
    expect(simulateFleet(burst, { ...fleets.gpu, interruptionsPerHour: 0 }, 1, 1).jobs).toBe(1)
  })

  it('pays for a warm machine on every working day, with or without images', () => {
    expect(simulateFleet([], fleets.warm, 1, 14).onDemandSeconds).toBe(10 * 12 * 3600)
  })

  it('takes the stat lane first', () => {
    const burst: Arrival[] = Array.from({ length: 500 }, (_, n) => ({ at: 0, lane: n < 400 ? 'routine' : 'stat' }))
    const { latencies } = simulateFleet(burst, fleets.cpu, 1, 1)
    expect(Math.max(...latencies.stat)).toBeLessThan(Math.max(...latencies.routine) - 50)
  })

  it('is never slower with more workers when nothing is left to chance', () => {
    const burst: Arrival[] = Array.from({ length: 4000 }, () => ({ at: 0, lane: 'routine' }))
    const fixed = { ...fleets.gpu, bootSeconds: [200, 200], startSeconds: [20, 20], interruptionsPerHour: 0 } as const
    const last = [1, 2, 4, 8].map((maximumJobs) =>
      Math.max(...simulateFleet(burst, { ...fixed, maximumJobs }, 1, 1).latencies.routine),
    )
    expect(last).toEqual(last.toSorted((a, b) => b - a))
  })

  it('stands ready in clinic hours: the first image of the day waits no boot', () => {
    const first: Arrival[] = [{ at: 8 * 3600, lane: 'stat' }]
    const warm = simulateFleet(first, fleets.warm, 1, 1).latencies.stat[0]
    expect(warm).toBeLessThan(60)
    expect(simulateFleet(first, fleets.gpu, 1, 1).latencies.stat[0]).toBeGreaterThan(150)
    const night: Arrival[] = [{ at: 2 * 3600, lane: 'stat' }]
    expect(simulateFleet(night, fleets.warm, 1, 1).latencies.stat[0]).toBeGreaterThan(150)
  })
})

describe('an estimate', () => {
  it('is the same for the same seed, another for another', () => {
    expect(estimateCost(question, defaultPrices)).toEqual(estimateCost(question, defaultPrices))
    expect(estimateCost({ ...question, seed: 4 }, defaultPrices)).not.toEqual(estimateCost(question, defaultPrices))
  })

  it('idles longer with a longer idle tail', () => {
    const idle = [30, 120, 600].map(
      (idleExitSeconds) => estimateCost({ ...question, changes: { idleExitSeconds } }, defaultPrices).machineHours.idle,
    )
    expect(idle).toEqual(idle.toSorted((x, y) => x - y))
  })

  it('of no images costs only what stands', () => {
    const { images, per1000ImagesUsd, costUsd } = estimateCost({ ...question, imagesPerDay: 0 }, defaultPrices)
    expect(images).toBe(0)
    expect(per1000ImagesUsd).toBeNull()
    expect(costUsd).toMatchObject({ machines: 0, preprocessing: 0, network: 0 })
  })

  it('states what private endpoints cost', () => {
    const { costUsd } = estimateCost({ ...question, imagesPerDay: 0, endpoints: 'private' }, defaultPrices)
    expect(costUsd.network).toBeCloseTo(11 * 3 * 24 * 7 * 0.01, 6)
  })

  it('bears a million images a day', () => {
    const { images, per1000ImagesUsd } = estimateCost(
      { ...question, imagesPerDay: 1_000_000, days: 1, changes: { maximumJobs: 16 } },
      defaultPrices,
    )
    expect(images).toBeGreaterThan(990_000)
    expect(per1000ImagesUsd).toBeGreaterThan(0)
  })
})
