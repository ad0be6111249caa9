import { expect, it } from 'vitest'
import { grownBytes, limitWebAssemblyMemory } from '../../lib/adapters/codecs/limit-web-assembly-memory.ts'

const page = 65536

it('remembers the largest size that a memory grew to, and caps it', () => {
  const memory = new WebAssembly.Memory({ initial: 1 })
  expect(grownBytes()).toBe(0)
  memory.grow(4)
  new WebAssembly.Memory({ initial: 1 }).grow(1)
  expect(grownBytes()).toBe(5 * page)
  limitWebAssemblyMemory(6 * page)
  expect(() => memory.grow(2)).toThrow(RangeError)
  expect(grownBytes()).toBe(5 * page)
  memory.grow(1)
  expect(grownBytes()).toBe(6 * page)
})
