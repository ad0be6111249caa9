import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeliveryReport } from '../../lib/embedded/deliver/courier.ts'
import { Deliveries } from '../../lib/embedded/deliver/deliveries.ts'
import { readDeliveryConfig } from '../../lib/embedded/deliver/read-delivery-config.ts'
import { whileDelivering } from '../../lib/embedded/deliver/while-delivering.ts'
import { InterruptedError } from '../../lib/embedded/interrupted-error.ts'
import { type HttpReceiver, openHttpReceiver } from './http-receiver.ts'
import { storeResult } from './stored-result.ts'

let out: string
let receiver: HttpReceiver
let deliveries: Deliveries
let reports: DeliveryReport[]

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pleura-deliveries-'))
  out = join(folder, 'out')
  receiver = await openHttpReceiver()
  reports = []
  const target = {
    kind: 'webhook',
    name: 'worklist',
    url: receiver.url,
    secretFile: 'secret',
    allowPrivateAddress: true,
  }
  await writeFile(join(folder, 'secret'), `whsec_${Buffer.alloc(32, 7).toString('base64')}`)
  await writeFile(join(folder, 'targets.json'), JSON.stringify({ tenant: 'clinic', targets: [target] }))
  deliveries = await Deliveries.open(out, await readDeliveryConfig(join(folder, 'targets.json')), {
    log() {},
    onSettled: (report) => reports.push(report),
  })
})
afterEach(async () => {
  await deliveries.close()
  await receiver.stop()
})

const never = new AbortController().signal

describe('deliveries beside other work', () => {
  it('deliver what is enqueued while it is under way, and end behind it', async () => {
    const told = await whileDelivering(deliveries, never, async () => {
      await deliveries.enqueue(await storeResult(out, { name: 'first' }))
      while (reports.length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
      await deliveries.enqueue(await storeResult(out, { name: 'second' }))
      return 'done'
    })
    expect(told).toBe('done')
    expect(reports.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered'])
  })

  it.each([true, false])('end with it when it fails; interrupted before it began: %s', async (isInterrupted) => {
    const signal = isInterrupted ? AbortSignal.abort() : never
    const work = () => Promise.reject(new InterruptedError(0, 1))
    await expect(whileDelivering(deliveries, signal, work)).rejects.toThrow(InterruptedError)
  })

  it('keep what is enqueued when they have ended', async () => {
    const stop = new AbortController()
    await whileDelivering(deliveries, stop.signal, async () => {
      stop.abort()
      await deliveries.enqueue(await storeResult(out))
    })
    expect(receiver.received).toEqual([])
    expect(await readdir(join(out, '.deliver/queues/worklist/waiting'))).toHaveLength(1)
  })

  it('fail with what keeps them from their queue, and not before the work is done', async () => {
    const broken = { run: () => Promise.reject(new Error('EIO')) } as unknown as Deliveries
    let isDone = false
    const work = async () => {
      isDone = true
    }
    await expect(whileDelivering(broken, never, work)).rejects.toThrow('EIO')
    expect(isDone).toBe(true)
  })
})
