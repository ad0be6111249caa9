import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { LargeSources } from '../../../functions/screen/large-sources.ts'

const large = { rows: 8000, columns: 8000 }

it('are drawn one after the other, in the order in which they came, and heartbeats pass in between', async () => {
  const sources = new LargeSources()
  const seen: string[] = []
  const heartbeat = setInterval(() => seen.push('beat'), 1)
  const draw = async (name: string) => {
    const leave = await sources.enter(large)
    seen.push(`begin ${name}`)
    // Blocks the thread, as measuring does.
    for (const until = performance.now() + 20; performance.now() < until; );
    await sleep(1)
    seen.push(`end ${name}`)
    leave()
  }
  await Promise.all(['a', 'b', 'c'].map(draw))
  clearInterval(heartbeat)
  const order = seen.filter((what) => what !== 'beat')
  expect(order).toEqual(['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c'])
  for (const name of ['b', 'c']) {
    expect(seen.slice(0, seen.indexOf(`begin ${name}`)).filter((what) => what === 'beat').length).toBeGreaterThan(0)
  }
})

it('do not hold up small ones', async () => {
  const sources = new LargeSources()
  await sources.enter(large)
  const leave = await sources.enter({ rows: 3000, columns: 3000 })
  leave()
})
