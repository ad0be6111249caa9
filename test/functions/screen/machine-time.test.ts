import { expect, it } from 'vitest'
import { MachineTime } from '../../../functions/screen/machine-time.ts'

it('attributes every moment in which any image was under way to exactly one', () => {
  const time = new MachineTime(900)
  // Two overlap from 20 to 100, one is alone, 30 ms in between are nobody's.
  expect(time.attribute(0, 100)).toEqual({ machine: 100, coldStart: 900 })
  expect(time.attribute(20, 160)).toEqual({ machine: 60 })
  expect(time.attribute(190, 200)).toEqual({ machine: 10 })
})
