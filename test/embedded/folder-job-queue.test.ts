import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FolderJobQueue } from '../../lib/adapters/embedded/folder-job-queue.ts'
import { itGivesEachMessageToOneTaker, itKeepsTheJobQueueContract } from '../contracts/job-queue-contract.ts'

async function createQueue() {
  let now = 1_700_000_000_000
  const clock = { now: () => now, monotonic: () => now }
  const folder = await mkdtemp(join(tmpdir(), 'pleura-queue-'))
  const open = () => new FolderJobQueue(folder, { maximumReceives: 3, clock })
  return {
    open,
    pass: async (ms: number) => {
      now += ms + 1
    },
  }
}

describe('a folder as a job queue', () => {
  const create = async () => {
    const { open, pass } = await createQueue()
    const queue = open()
    return { queue, pass, deadLetters: () => queue.deadLetters() }
  }
  itKeepsTheJobQueueContract(create)
  itGivesEachMessageToOneTaker(create)

  it('delivers in order of sending', async () => {
    const queue = (await createQueue()).open()
    for (const body of ['first', 'second', 'third']) await queue.send(body)
    const jobs = await queue.receive(3, { visibilityMs: 1000, waitMs: 0 })
    expect(jobs.map((job) => job.body)).toEqual(['first', 'second', 'third'])
  })

  it('keeps its messages when the process that took them is gone, without counting that delivery', async () => {
    const { open } = await createQueue()
    await open().send('a')
    await open().receive(1, { visibilityMs: 60_000, waitMs: 0 })
    const reopened = open()
    expect(await reopened.receive(1, { visibilityMs: 1000, waitMs: 0 })).toEqual([])
    await reopened.undoDeliveries()
    expect(await reopened.receive(1, { visibilityMs: 1000, waitMs: 0 })).toMatchObject([{ body: 'a', receiveCount: 1 }])
  })

  it('gives out dead letters anew when they are redriven', async () => {
    const queue = (await createQueue()).open()
    await queue.send('b')
    const [job] = await queue.receive(1, { visibilityMs: 1000, waitMs: 0 })
    await queue.setAside(job)
    expect(await queue.deadLetters()).toEqual(['b'])
    await queue.redrive()
    expect(await queue.deadLetters()).toEqual([])
    expect(await queue.receive(1, { visibilityMs: 1000, waitMs: 0 })).toMatchObject([{ body: 'b', receiveCount: 1 }])
  })
})
