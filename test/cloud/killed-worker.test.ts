import { describe, expect, it } from 'vitest'
import type { Fault } from './harness/fault-proxy.ts'
import { type RequestKind, requestKindOf } from './worker/request-kind.ts'
import { expectOneResult, findings, proxy, start, withOneJob, workAll } from './worker/under-test.ts'

const sideEffects: RequestKind[] = [
  'put-attempt',
  'delete-attempt',
  'put-picture',
  'put-result',
  'put-receipt',
  'put-event',
  'acknowledge',
]

describe('a worker that is killed', () => {
  it.each(sideEffects.flatMap((kind) => [['before', kind] as const, ['after', kind] as const]))(
    '%s its %s leaves an image that the next one completes',
    async (when, kind) => {
      const { cloud, imageId } = await withOneJob()
      const first = start(cloud, { VISIBILITY_SECONDS: '1' })
      proxy.decide = (request): Fault | null => {
        if (requestKindOf(request) !== kind) return null
        first.child.kill('SIGKILL')
        return when === 'before' ? { kind: 'reset' } : { kind: 'lost-answer' }
      }
      expect(await first.ended).toBe('SIGKILL')
      proxy.decide = () => null
      await workAll(cloud, { IDLE_EXIT_SECONDS: '2' })
      await expectOneResult(cloud, imageId)
    },
  )

  it.each([
    ['before', 'delete-failure'],
    ['after', 'delete-failure'],
    ['before', 'acknowledge'],
    ['after', 'acknowledge'],
  ] as const)(
    '%s its %s on a second delivery leaves no failure of an image that has its result',
    async (when, kind) => {
      const { cloud, imageId } = await withOneJob()
      let faults = 12
      let victim = start(cloud, { VISIBILITY_SECONDS: '1' })
      proxy.decide = (request): Fault | null => {
        const asked = requestKindOf(request)
        // The first delivery fails for now, and says so; the SDK's own repetitions fail with it.
        if (asked === 'put-result' && faults-- > 0) return { kind: 'status', status: 503, code: 'SlowDown' }
        if (asked === 'put-failure') faults = 0
        if (asked !== kind || faults > 0) return null
        victim.child.kill('SIGKILL')
        return when === 'before' ? { kind: 'reset' } : { kind: 'lost-answer' }
      }
      while ((await victim.ended) !== 'SIGKILL') victim = start(cloud, { VISIBILITY_SECONDS: '1' })
      proxy.decide = () => null
      await workAll(cloud, { IDLE_EXIT_SECONDS: '3' })
      await expectOneResult(cloud, imageId)
    },
  )

  it('before it has the image leaves it as it was', async () => {
    const { cloud, imageId } = await withOneJob()
    const first = start(cloud, { VISIBILITY_SECONDS: '1' })
    proxy.decide = (request): Fault | null => {
      if (requestKindOf(request) !== 'get-prepared') return null
      first.child.kill('SIGKILL')
      return { kind: 'reset' }
    }
    expect(await first.ended).toBe('SIGKILL')
    proxy.decide = () => null
    await workAll(cloud, { IDLE_EXIT_SECONDS: '2' })
    await expectOneResult(cloud, imageId)
  })

  it('on every delivery ends in a dead letter whose reason is written down', async () => {
    const { cloud, imageId } = await withOneJob({ maximumReceives: 2 })
    for (let delivery = 0; delivery < 2; delivery++) {
      // Long enough that a busy machine does not lose it: that would be a delivery too.
      const victim = start(cloud, { VISIBILITY_SECONDS: '4', MAXIMUM_RECEIVES: '2', IDLE_EXIT_SECONDS: '10' })
      proxy.decide = (request) => {
        if (requestKindOf(request) === 'put-picture') victim.child.kill('SIGKILL')
        return null
      }
      expect(await victim.ended).toBe('SIGKILL')
    }
    proxy.decide = () => null
    await workAll(cloud, { IDLE_EXIT_SECONDS: '6' })
    const found = await findings(cloud)
    expect(found.dead).toHaveLength(1)
    expect(found.failures).toMatchObject([{ imageId, reason: 'delivered-too-often', deliveries: 2 }])
    expect([found.results, found.receipts]).toEqual([[], []])
  })
})
