import { join, resolve } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBatchingSession } from '../../lib/adapters/onnx/create-batching-session.ts'
import { loadCascade } from '../../lib/adapters/onnx/load-cascade.ts'
import type { InferenceSession } from '../../lib/screening/kernel/ports.ts'
import type { Tensor } from '../../lib/screening/kernel/tensor.ts'
import type { Cascade } from '../../lib/screening/screen.ts'

const shipped = resolve(import.meta.dirname, '../../models')

/** Doubles its input; runs end when they are let go. */
function slowSession() {
  const shapes: number[][] = []
  const held: (() => void)[] = []
  const session: InferenceSession = {
    async run({ data, shape }) {
      shapes.push([...shape])
      await new Promise<void>((done) => held.push(done))
      if (shape[0] > 1 && data.includes(-1)) throw new Error('too much for one batch')
      if (data.includes(-1)) throw new Error('a bad input')
      return new Map([['doubled', { data: data.map((value) => 2 * value), shape }]])
    },
    async close() {},
  }
  const letGo = async () => {
    while (held.length > 0) {
      held.shift()!()
      for (let round = 0; round < 5; round++) await turn()
    }
  }
  return { session, shapes, letGo }
}

const input = (value: number, width = 2): Tensor => ({
  data: new Float32Array(width).fill(value),
  shape: [1, 1, 1, width],
})
const doubled = (outputs: ReadonlyMap<string, Tensor>) => outputs.get('doubled')

describe('a batching session', () => {
  it('runs a lone input at once and alone', async () => {
    const { session, shapes, letGo } = slowSession()
    const running = createBatchingSession(session, { maximumBatch: 8, sizes: [1, 4, 8] }).run(input(3))
    await letGo()
    expect(doubled(await running)).toEqual(input(6))
    expect(shapes).toEqual([[1, 1, 1, 2]])
  })

  it('joins what arrives during a run into the next one, at most maximumBatch', async () => {
    const { session, shapes, letGo } = slowSession()
    const batches: number[][] = []
    const batching = createBatchingSession(session, { maximumBatch: 4, onBatch: (...of) => batches.push(of) })
    const running = [1, 2, 3, 4, 5, 6, 7].map((value) => batching.run(input(value)))
    await letGo()
    expect((await Promise.all(running)).map(doubled)).toEqual([2, 4, 6, 8, 10, 12, 14].map((value) => input(value)))
    expect(shapes.map(([n]) => n)).toEqual([1, 4, 2])
    expect(batches).toEqual([
      [1, 1],
      [4, 4],
      [2, 2],
    ])
  })

  it('answers those who wait, and later ones, when the caller of its batches throws', async () => {
    const { session, letGo } = slowSession()
    let calls = 0
    const onBatch = () => {
      if (++calls === 1) throw new Error('no such metric')
    }
    const batching = createBatchingSession(session, { maximumBatch: 4, onBatch })
    await expect(batching.run(input(1))).rejects.toThrow('no such metric')
    const running = batching.run(input(2))
    await letGo()
    expect(doubled(await running)).toEqual(input(4))
  })

  it('pads to the sizes that the device knows', async () => {
    const { session, shapes, letGo } = slowSession()
    const batching = createBatchingSession(session, { maximumBatch: 8, sizes: [1, 4, 8] })
    const running = [1, 2, 3].map((value) => batching.run(input(value)))
    await letGo()
    expect((await Promise.all(running)).map(doubled)).toEqual([input(2), input(4), input(6)])
    expect(shapes.map(([n]) => n)).toEqual([1, 4])
  })

  it('never joins inputs of different shapes', async () => {
    const { session, shapes, letGo } = slowSession()
    const batching = createBatchingSession(session, { maximumBatch: 8 })
    const running = [input(1), input(2, 3), input(3), input(4, 3)].map((tensor) => batching.run(tensor))
    await letGo()
    expect((await Promise.all(running)).map(doubled)).toEqual([input(2), input(4, 3), input(6), input(8, 3)])
    expect(shapes).toEqual([
      [1, 1, 1, 2],
      [2, 1, 1, 3],
      [1, 1, 1, 2],
    ])
  })

  it('lets one bad input fail alone', async () => {
    const { session, letGo } = slowSession()
    const batching = createBatchingSession(session, { maximumBatch: 8 })
    const running = Promise.allSettled([1, 2, -1, 4].map((value) => batching.run(input(value))))
    await letGo()
    expect((await running).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  })

  it('fails when a network does not keep the first axis', async () => {
    const shrinking: InferenceSession = {
      run: async ({ shape }) => {
        if (shape[0] > 1) return new Map([['mean', { data: new Float32Array(1), shape: [1] }]])
        throw new Error('alone too')
      },
      async close() {},
    }
    const batching = createBatchingSession(shrinking, { maximumBatch: 2, sizes: [2] })
    await expect(batching.run(input(1))).rejects.toThrow(/shape \[1\], expected 2/)
  })
})

describe('batches of the shipped networks', () => {
  let cascade: Cascade
  beforeAll(async () => {
    cascade = await loadCascade(shipped, { executionProvider: 'cpu', threads: 1 })
  })
  afterAll(async () => {
    await cascade.classifier.session.close()
    await cascade.segmenter.session.close()
  })

  it.each(['classifier', 'segmenter'] as const)('of the %s equal single runs to 1e-5', async (role) => {
    const { session, bundle } = cascade[role]
    const { rows, columns, channels } = bundle.input
    const inputs = Array.from({ length: 4 }, (_, seed): Tensor => {
      const data = Float32Array.from({ length: channels * rows * columns }, (_, at) =>
        Math.sin(at * (seed + 1) * 0.013),
      )
      return { data, shape: [1, channels, rows, columns] }
    })
    const batching = createBatchingSession(session, { maximumBatch: 4, sizes: [1, 4] })
    const together = await Promise.all(inputs.map((tensor) => batching.run(tensor)))
    for (const [index, tensor] of inputs.entries()) {
      for (const [name, alone] of await session.run(tensor)) {
        const found = together[index].get(name)!
        expect(found.shape).toEqual(alone.shape)
        const worst = alone.data.reduce((most, value, at) => Math.max(most, Math.abs(value - found.data[at])), 0)
        expect(worst, join(role, name)).toBeLessThanOrEqual(1e-5)
      }
    }
  })
})
