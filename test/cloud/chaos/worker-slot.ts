import { setTimeout as sleep } from 'node:timers/promises'
import type { SeededRandom } from '../../../lib/phantom/seeded-random.ts'
import type { Cloud } from '../harness/create-cloud.ts'
import { type Fault, startFaultProxy } from '../harness/fault-proxy.ts'
import { requestKindOf } from '../worker/request-kind.ts'
import { type RunningWorker, startWorker } from '../worker/start-worker.ts'
import { randomFault } from './random-fault.ts'

export interface ChaosBudget {
  killsLeft: number
  stopsLeft: number
  /** Workers that a poison image has ended. */
  poisoned: number
  readonly kills: Map<string, number>
  readonly faults: Map<string, number>
  /** Exits that nobody caused. */
  readonly surprises: string[]
}

/**
 * One place in the fleet: a real worker behind a proxy of its own, started again whenever it has ended. A kill falls on
 * a request drawn by chance, before it reaches the cloud or after; so does a stop, as of a Spot machine.
 */
export async function occupySlot(
  program: string,
  cloud: Cloud,
  target: string,
  random: SeededRandom,
  budget: ChaosBudget,
  lostImages: ReadonlySet<string>,
): Promise<{ leave: () => Promise<void> }> {
  const proxy = await startFaultProxy(target)
  let worker: RunningWorker | null = null
  let untilKill = random.integer(5, 150)
  let untilStop = random.integer(50, 700)
  let killed = false
  let leaving = false

  proxy.decide = (request): Fault | null => {
    const kind = requestKindOf(request)
    const image = /\/prepared\/[^/]+\/([0-9a-f]{32})\//.exec(request.url ?? '')?.[1]
    if (kind === 'get-prepared' && image && lostImages.has(image)) {
      return { kind: 'status', status: 404, code: 'NoSuchKey' }
    }
    if (kind !== 'other' && kind !== 'receive' && budget.killsLeft > 0 && --untilKill <= 0 && worker && !killed) {
      killed = true
      budget.killsLeft--
      untilKill = random.integer(5, 150)
      const when = random.chance(0.5) ? 'before' : 'after'
      count(budget.kills, `${when} ${kind}`)
      worker.child.kill('SIGKILL')
      return when === 'before' ? { kind: 'reset' } : { kind: 'lost-answer' }
    }
    if (kind !== 'other' && budget.stopsLeft > 0 && --untilStop <= 0 && worker && !killed) {
      budget.stopsLeft--
      untilStop = random.integer(50, 700)
      worker.child.kill('SIGTERM')
    }
    const fault = randomFault(request, random)
    if (fault) count(budget.faults, fault.kind === 'status' ? String(fault.status) : fault.kind)
    return fault
  }

  const occupied = (async () => {
    while (!leaving) {
      killed = false
      // Times are shorter than in production, in proportion; every count is production's.
      const times = { VISIBILITY_SECONDS: '6', FIRST_RETRY_SECONDS: '1', IDLE_EXIT_SECONDS: '2' }
      worker = startWorker(program, cloud, proxy.endpoint, times, crashOnPoison)
      const end = await worker.ended
      if (end === 'SIGKILL' && !killed) budget.poisoned++
      else if (end !== 0 && !killed && !leaving) budget.surprises.push(`${end}: ${worker.lines.at(-1)}`)
      if (!leaving) await sleep(100)
    }
  })()
  return {
    leave: async () => {
      leaving = true
      worker?.child.kill('SIGTERM')
      await occupied
      await proxy.stop()
    },
  }
}

const crashOnPoison = new URL('crash-on-poison.mjs', import.meta.url).href

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
