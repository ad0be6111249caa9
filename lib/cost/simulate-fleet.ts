import TinyQueue from 'tinyqueue'
import { jobsToSubmit } from '../screening/screening-job/jobs-to-submit.ts'
import type { Arrival } from './arrivals.ts'
import type { Fleet } from './fleet.ts'
import { createRandom } from './random.ts'

/** What became of the images and the machines. Times in seconds. */
export interface Simulation {
  readonly arrived: number
  /** From upload to result, in order of finishing. */
  readonly latencies: Readonly<Record<'stat' | 'routine', readonly number[]>>
  /** Machine time by what it was spent on; their sum is what is paid for. */
  readonly machineSeconds: {
    readonly busy: number
    readonly cold: number
    readonly idle: number
    readonly lost: number
  }
  readonly spotSeconds: number
  readonly onDemandSeconds: number
  readonly jobs: number
  readonly interruptions: number
  /** When the last machine was gone. */
  readonly endedAt: number
}

interface Machine {
  readonly since: number
  readonly isSpot: boolean
  /** The one that stands ready in clinic hours; false once they are over. */
  isWarm: boolean
}

interface Job {
  readonly machine: Machine
  /** Since when both queues were empty for it; null while it starts or works. */
  idleSince: number | null
  /** What the network works on. */
  batch: Batch | null
}

interface Batch {
  readonly arrivals: readonly Arrival[]
  readonly startedAt: number
}

type Step =
  | { readonly at: number; readonly kind: 'arrive'; readonly arrival: Arrival }
  | { readonly at: number; readonly kind: 'dispatch' | 'open' | 'close' }
  | { readonly at: number; readonly kind: 'ready' | 'interrupt'; readonly job: Job }
  | { readonly at: number; readonly kind: 'finish'; readonly job: Job; readonly batch: Batch }
  | { readonly at: number; readonly kind: 'idle-exit'; readonly job: Job; readonly since: number }
  | { readonly at: number; readonly kind: 'release'; readonly machine: Machine }

const day = 86_400

/**
 * Simulates a fleet event by event: arrivals, dispatcher, boots, drain jobs with two lanes, idle exits, machines that
 * are kept for a while, spot machines that are taken away (their batch goes back to the head of its lanes).
 */
export function simulateFleet(
  arrivals: Iterable<Arrival>,
  fleet: Fleet,
  seed: number,
  /** Over which a warm machine is kept. */
  days: number,
): Simulation {
  const random = createRandom(seed)
  const steps = new TinyQueue<Step>([], (a, b) => a.at - b.at)
  const waiting = { stat: new Lane(), routine: new Lane() }
  const latencies = { stat: [] as number[], routine: [] as number[] }
  const spent = { busy: 0, cold: 0, idle: 0, lost: 0 }
  const paid = { spot: 0, onDemand: 0 }
  const active = new Set<Job>()
  const idleJobs = new Set<Job>()
  /** Machines without a job, and since when. */
  const free = new Set<Machine>()
  const freeSince = new Map<Machine, number>()
  let now = 0
  let arrived = 0
  let jobs = 0
  let interruptions = 0
  /** Images under way. */
  let working = 0
  let nextDispatch = Number.POSITIVE_INFINITY
  const source = arrivals[Symbol.iterator]()

  const pull = (): void => {
    const next = source.next()
    if (next.done) return
    steps.push({ at: next.value.at + fleet.preprocessSeconds, kind: 'arrive', arrival: next.value })
  }
  for (let n = 0; fleet.warmHours && n < days; n++) {
    if (n % 7 >= 5) continue
    const [from, to] = fleet.warmHours
    steps.push({ at: n * day + from * 3600, kind: 'open' })
    steps.push({ at: n * day + to * 3600, kind: 'close' })
  }
  const dispatchAt = (at: number): void => {
    if (at >= nextDispatch) return
    nextDispatch = at
    steps.push({ at, kind: 'dispatch' })
  }
  const backlog = (): number => waiting.stat.length + waiting.routine.length
  const pay = (machine: Machine): void => {
    paid[machine.isSpot ? 'spot' : 'onDemand'] += now - machine.since
  }
  const start = (): void => {
    jobs++
    const kept = [...free].find(({ isWarm }) => isWarm) ?? free.values().next().value
    if (kept) occupy(kept)
    const boot = kept ? 0 : random.between(...fleet.bootSeconds)
    const machine = kept ?? { since: now, isSpot: random.uniform() < fleet.spotShare, isWarm: false }
    const cold = boot + random.between(...fleet.startSeconds)
    spent.cold += cold
    const mayBeInterrupted = machine.isSpot && fleet.interruptionsPerHour > 0
    const job: Job = { machine, idleSince: null, batch: null }
    active.add(job)
    steps.push({ at: now + cold, kind: 'ready', job })
    if (mayBeInterrupted) {
      steps.push({ at: now + cold + random.exponential(fleet.interruptionsPerHour / 3600), kind: 'interrupt', job })
    }
  }
  const takeNext = (job: Job): void => {
    const arrivals = takeBatch(waiting, fleet.maximumBatch)
    if (arrivals.length > 0) {
      if (job.idleSince !== null) spent.idle += now - job.idleSince
      job.idleSince = null
      idleJobs.delete(job)
      const batch = { arrivals, startedAt: now }
      job.batch = batch
      working += arrivals.length
      steps.push({ at: now + batchSeconds(fleet, arrivals.length), kind: 'finish', job, batch })
    } else {
      job.idleSince = now
      idleJobs.add(job)
      if (Number.isFinite(fleet.idleExitSeconds)) {
        steps.push({ at: now + fleet.idleExitSeconds, kind: 'idle-exit', job, since: now })
      }
    }
  }
  const end = (job: Job): void => {
    active.delete(job)
    idleJobs.delete(job)
    if (job.idleSince !== null) spent.idle += now - job.idleSince
    const { machine } = job
    free.add(machine)
    freeSince.set(machine, now)
    if (!machine.isWarm) steps.push({ at: now + fleet.scaleInSeconds, kind: 'release', machine })
  }
  const interrupt = (job: Job): void => {
    interruptions++
    active.delete(job)
    idleJobs.delete(job)
    if (job.idleSince !== null) spent.idle += now - job.idleSince
    if (job.batch) {
      spent.lost += now - job.batch.startedAt
      for (const arrival of job.batch.arrivals.toReversed()) waiting[arrival.lane].unshift(arrival)
      working -= job.batch.arrivals.length
      job.batch = null
      dispatchAt(now + fleet.wakeSeconds)
    }
    pay(job.machine)
  }
  const occupy = (machine: Machine): void => {
    free.delete(machine)
    spent.idle += now - (freeSince.get(machine) ?? now)
    freeSince.delete(machine)
  }
  const leave = (machine: Machine): void => {
    occupy(machine)
    pay(machine)
  }

  pull()
  let step = steps.pop()
  while (step) {
    now = step.at
    if (step.kind === 'arrive') {
      arrived++
      waiting[step.arrival.lane].push(step.arrival)
      const [idle] = idleJobs
      if (idle) takeNext(idle)
      else dispatchAt(now + fleet.wakeSeconds)
      pull()
    } else if (step.kind === 'dispatch') {
      if (step.at === nextDispatch) nextDispatch = Number.POSITIVE_INFINITY
      const missing = jobsToSubmit({ backlog: backlog() + working, activeJobs: active.size }, fleet)
      for (let job = 0; job < missing; job++) start()
      if (backlog() > 0) dispatchAt(now + fleet.tickSeconds)
    } else if (step.kind === 'ready') {
      takeNext(step.job)
    } else if (step.kind === 'finish') {
      const { job, batch } = step
      // One that was interrupted meanwhile has given its images back.
      if (job.batch === batch) {
        job.batch = null
        working -= batch.arrivals.length
        spent.busy += now - batch.startedAt
        for (const { lane, at } of batch.arrivals) latencies[lane].push(now + fleet.besideSeconds - at)
        takeNext(job)
      }
    } else if (step.kind === 'interrupt') {
      if (active.has(step.job)) interrupt(step.job)
    } else if (step.kind === 'idle-exit') {
      if (step.job.idleSince === step.since && active.has(step.job)) end(step.job)
    } else if (step.kind === 'release') {
      const { machine } = step
      if (free.has(machine) && now - (freeSince.get(machine) ?? now) >= fleet.scaleInSeconds) leave(machine)
    } else if (step.kind === 'open') {
      const machine: Machine = { since: now, isSpot: false, isWarm: true }
      free.add(machine)
      freeSince.set(machine, now)
    } else {
      for (const machine of [...free]) if (machine.isWarm) leave(machine)
      // One that works at closing time becomes an ordinary machine, gone when its job ends.
      for (const { machine } of active) machine.isWarm = false
    }
    step = steps.pop()
  }
  for (const job of [...active]) {
    if (job.idleSince !== null) spent.idle += now - job.idleSince
    pay(job.machine)
  }
  return {
    arrived,
    latencies,
    machineSeconds: spent,
    spotSeconds: paid.spot,
    onDemandSeconds: paid.onDemand,
    jobs,
    interruptions,
    endedAt: now,
  }
}

/** What waits, stat first, up to a full batch. */
function takeBatch(waiting: Readonly<Record<Arrival['lane'], Lane>>, maximumBatch: number): Arrival[] {
  const taken: Arrival[] = []
  while (taken.length < maximumBatch) {
    const next = waiting.stat.shift() ?? waiting.routine.shift()
    if (!next) break
    taken.push(next)
  }
  return taken
}

/** How long the network works on a batch. Unit: s. */
export function batchSeconds({ maximumBatch, throughput, singleThroughput }: Fleet, images: number): number {
  const one = 1 / singleThroughput
  if (maximumBatch === 1) return one
  const full = maximumBatch / throughput
  return one + ((full - one) * (images - 1)) / (maximumBatch - 1)
}

/** First in, first out, without moving what waits. */
class Lane {
  #items: Arrival[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(arrival: Arrival): void {
    this.#items.push(arrival)
  }

  unshift(arrival: Arrival): void {
    if (this.#head > 0) this.#items[--this.#head] = arrival
    else this.#items.unshift(arrival)
  }

  shift(): Arrival | undefined {
    if (this.length === 0) return undefined
    const arrival = this.#items[this.#head++]
    if (this.#head > 10_000 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return arrival
  }
}
