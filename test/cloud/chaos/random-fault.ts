import type { IncomingMessage } from 'node:http'
import type { SeededRandom } from '../../../lib/phantom/seeded-random.ts'
import type { Fault } from '../harness/fault-proxy.ts'

/** One request to S3 in fifty goes wrong, in one of the ways in which S3's do. */
export function randomFault(request: Pick<IncomingMessage, 'method' | 'headers'>, random: SeededRandom): Fault | null {
  if (request.headers['x-amz-target'] || !random.chance(0.02)) return null
  const faults: Fault[] = [
    { kind: 'status', status: 500, code: 'InternalError' },
    { kind: 'status', status: 503, code: 'SlowDown' },
    { kind: 'lost-answer' },
    { kind: 'reset' },
    { kind: 'delay', ms: 200 },
  ]
  if (request.method === 'GET') faults.push({ kind: 'truncated' })
  if (request.method === 'PUT' && request.headers['if-none-match']) {
    faults.push({ kind: 'status', status: 409, code: 'ConditionalRequestConflict' })
  }
  return random.pick(faults)
}
