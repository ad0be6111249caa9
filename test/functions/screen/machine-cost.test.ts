import { expect, it } from 'vitest'
import { MachineCost } from '../../../functions/screen/machine-cost.ts'

it('adds up to the price of all the time since the start, told once a minute and at the end', () => {
  const told: [string, number][] = []
  const metric = (name: string, value: number) => void told.push([name, value])
  const cost = new MachineCost(3.6, { metric }, 'cuda')
  for (let upMs = 0; upMs <= 150_000; upMs += 1_000) cost.beat(upMs)
  expect(told).toHaveLength(2)
  cost.end(155_000)
  expect(new Set(told.map(([name]) => name))).toEqual(new Set(['EstimatedCostUsd']))
  // 3.6 USD an hour are 0.001 USD a second.
  expect(told.reduce((sum, [, value]) => sum + value, 0)).toBeCloseTo(0.155, 9)
})
