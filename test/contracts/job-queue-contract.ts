import { expect, it } from 'vitest'
import type { JobQueue } from '../../lib/screening/kernel/ports.ts'

export interface QueueUnderTest {
  readonly queue: JobQueue
  readonly deadLetters: () => Promise<string[]>
  /** Lets time pass until a visibility of `ms` has ended. */
  readonly pass: (ms: number) => Promise<void>
}

const take = { visibilityMs: 30_000, waitMs: 0 }

/**
 * What every JobQueue keeps: delivery at least once. `create` gives an empty queue whose messages die after 3
 * deliveries. What follows of one taker alone, SQS promises of a standard queue as a rule, and its stand-in always.
 */
export function itKeepsTheJobQueueContract(create: () => Promise<QueueUnderTest>): void {
  it('delivers each message once while it is acknowledged', async () => {
    const { queue } = await create()
    for (const body of ['a', 'b', 'c']) await queue.send(body)
    const bodies: string[] = []
    for (let job = await queue.receive(2, take); job.length > 0; job = await queue.receive(2, take)) {
      for (const { body, receipt } of job) {
        bodies.push(body)
        await queue.acknowledge(receipt)
      }
    }
    expect(bodies.sort()).toEqual(['a', 'b', 'c'])
    expect(await queue.depth()).toBe(0)
  })

  it('hides a delivered message until its visibility ends, then delivers it again', async () => {
    const { queue, pass } = await create()
    await queue.send('a')
    const [first] = await queue.receive(1, { visibilityMs: 1000, waitMs: 0 })
    expect(first.receiveCount).toBe(1)
    expect(await queue.receive(1, take)).toEqual([])
    await pass(1000)
    const [second] = await queue.receive(1, take)
    expect(second).toMatchObject({ body: 'a', receiveCount: 2 })
    expect(second.receipt).not.toBe(first.receipt)
  })

  // A standard queue may or may not delete by an older receipt; whoever acknowledges has finished, so both are right.
  it('takes the receipt of a delivery that was overtaken without failing', async () => {
    const { queue, pass } = await create()
    await queue.send('a')
    const [first] = await queue.receive(1, { visibilityMs: 1000, waitMs: 0 })
    await pass(1000)
    const [second] = await queue.receive(1, take)
    await queue.extend(first.receipt, 1000)
    await queue.acknowledge(first.receipt)
    await queue.acknowledge(second.receipt)
    expect(await queue.depth()).toBe(0)
  })

  it('keeps a message hidden for as long as it is extended', async () => {
    const { queue, pass } = await create()
    await queue.send('a')
    const [job] = await queue.receive(1, { visibilityMs: 1000, waitMs: 0 })
    await queue.extend(job.receipt, 5000)
    await pass(1000)
    expect(await queue.receive(1, take)).toEqual([])
    await queue.acknowledge(job.receipt)
    expect(await queue.depth()).toBe(0)
  })

  it('delivers a message that is given back at once', async () => {
    const { queue } = await create()
    await queue.send('a')
    const [job] = await queue.receive(1, take)
    await queue.extend(job.receipt, 0)
    expect(await queue.receive(1, take)).toMatchObject([{ body: 'a', receiveCount: 2 }])
  })

  it('sets a message aside as a dead letter after too many deliveries', async () => {
    const { queue, deadLetters } = await create()
    await queue.send('poison')
    for (let delivery = 1; delivery <= 3; delivery++) {
      const [job] = await queue.receive(1, take)
      expect(job.receiveCount).toBe(delivery)
      await queue.extend(job.receipt, 0)
    }
    expect(await queue.receive(1, take)).toEqual([])
    expect(await deadLetters()).toEqual(['poison'])
    expect(await queue.depth()).toBe(0)
  })

  it('sets a message aside at once when it is asked to', async () => {
    const { queue, deadLetters } = await create()
    await queue.send('hopeless')
    const [job] = await queue.receive(1, take)
    await queue.setAside(job)
    expect(await queue.receive(1, take)).toEqual([])
    expect(await deadLetters()).toEqual(['hopeless'])
    expect(await queue.depth()).toBe(0)
  })

  it('names a message alike in every delivery, and no two messages alike', async () => {
    const { queue } = await create()
    for (const body of ['a', 'a']) await queue.send(body)
    const jobs = [...(await queue.receive(1, take)), ...(await queue.receive(1, take))]
    expect(new Set(jobs.map(({ messageId }) => messageId)).size).toBe(2)
    for (const { receipt } of jobs) await queue.extend(receipt, 0)
    const again = [...(await queue.receive(1, take)), ...(await queue.receive(1, take))]
    const names = (received: typeof jobs) => received.map(({ messageId }) => messageId).sort()
    expect(names(again)).toEqual(names(jobs))
  })

  it('leaves no message behind, however many take at once', async () => {
    const { queue } = await create()
    const sent = Array.from({ length: 20 }, (_, message) => String(message))
    for (const body of sent) await queue.send(body)
    const taken: string[] = []
    const takeAll = async (): Promise<void> => {
      for (let jobs = await queue.receive(10, take); jobs.length > 0; jobs = await queue.receive(10, take)) {
        for (const { body, receipt } of jobs) {
          taken.push(body)
          await queue.acknowledge(receipt)
        }
      }
    }
    await Promise.all(Array.from({ length: 5 }, takeAll))
    expect([...new Set(taken)].sort()).toEqual(sent.sort())
    expect(await queue.depth()).toBe(0)
  })
}

/** What a queue keeps that is exclusive: a folder's, not a standard queue of SQS. */
export function itGivesEachMessageToOneTaker(create: () => Promise<QueueUnderTest>): void {
  it('gives no message to two takers', async () => {
    const { queue } = await create()
    for (let message = 0; message < 20; message++) await queue.send(String(message))
    const batches = await Promise.all(Array.from({ length: 5 }, () => queue.receive(10, take)))
    const bodies = batches.flat().map((job) => job.body)
    expect(bodies).toHaveLength(20)
    expect(new Set(bodies).size).toBe(20)
  })
}
