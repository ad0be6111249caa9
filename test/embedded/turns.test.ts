import { expect, it } from 'vitest'
import { Turns } from '../../lib/embedded/turns.ts'

it('begins work in its turn, in order, also when work before it fails', async () => {
  const turns = new Turns(2)
  const begun: number[] = []
  const ends: (() => void)[] = []
  const works = [0, 1, 2, 3].map((number) =>
    turns.take(async () => {
      begun.push(number)
      await new Promise<void>((resolve) => ends.push(resolve))
      if (number === 1) throw new Error('failed')
    }),
  )
  const settled = Promise.allSettled(works)
  const step = () => new Promise((resolve) => setImmediate(resolve))
  await step()
  expect(begun).toEqual([0, 1])
  ends[1]()
  await step()
  expect(begun).toEqual([0, 1, 2])
  ends[0]()
  await step()
  expect(begun).toEqual([0, 1, 2, 3])
  for (const end of ends) end()
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
})
