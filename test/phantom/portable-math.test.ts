import { describe, expect, it } from 'vitest'
import { atan2, cos, exp, log, power, sin } from '../../lib/phantom/portable-math.ts'
import { createRandom } from '../../lib/phantom/seeded-random.ts'

const points = Array.from({ length: 401 }, (_, i) => (i - 200) / 10)

describe('functions from exact operations', () => {
  it.each([
    ['exp', exp, Math.exp, points],
    ['sin', sin, Math.sin, points],
    ['cos', cos, Math.cos, points],
    ['log', log, Math.log, points.filter((x) => x > 0)],
  ])('agree with Math.%s to nine digits', (_, ours, theirs, arguments_) => {
    for (const x of arguments_) {
      expect(Math.abs(ours(x) - theirs(x))).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(theirs(x))))
    }
  })

  it('agree with Math.atan2 all round', () => {
    for (let i = -180; i <= 180; i++) {
      const [y, x] = [Math.sin((i * Math.PI) / 180), Math.cos((i * Math.PI) / 180)]
      expect(atan2(y, x)).toBeCloseTo(Math.atan2(y, x), 8)
    }
    expect(atan2(0, 0)).toBe(0)
    expect(power(2.5, 1.7)).toBeCloseTo(2.5 ** 1.7, 8)
    expect(power(0, 2)).toBe(0)
  })
})

describe('the seeded random source', () => {
  it('repeats itself for a seed and differs between seeds and labels', () => {
    const draw = (seed: number, label?: string): number[] => {
      const random = createRandom(seed, label)
      return Array.from({ length: 5 }, () => random.bits())
    }
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
    expect(draw(1, 'bones')).not.toEqual(draw(1, 'vessels'))
    expect(draw(2 ** 32)).not.toEqual(draw(0))
  })

  it('keeps a fork apart from what was drawn before it', () => {
    const used = createRandom(3)
    used.uniform(0, 1)
    expect(used.fork('a').bits()).toBe(createRandom(3).fork('a').bits())
  })

  it('has the moments it promises', () => {
    const random = createRandom(1)
    const uniform = Array.from({ length: 20_000 }, () => random.uniform(-1, 3))
    const normal = Array.from({ length: 20_000 }, () => random.normal(5, 2))
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(mean(uniform)).toBeCloseTo(1, 1)
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-1)
    expect(Math.max(...uniform)).toBeLessThan(3)
    expect(mean(normal)).toBeCloseTo(5, 1)
    expect(Math.max(...normal)).toBeLessThan(10)
    expect(new Set(Array.from({ length: 100 }, () => random.integer(2, 4)))).toEqual(new Set([2, 3, 4]))
  })
})
