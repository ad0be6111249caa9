import { describe, expect, it } from 'vitest'
import { afterFailure, type FailedAttempt, retryDelayMs } from '../../lib/delivery/retry-schedule.ts'
import { waitingMessage } from './waiting-message.ts'

const message = waitingMessage('0')
const queuedMs = Date.parse(message.queuedAt)
const failure: FailedAttempt = {
  reason: 'http-500',
  nowMs: queuedMs,
  retryAfterMs: null,
  isHeldAgainst: false,
  giveUpAfterDays: 14,
  random: 1,
}

describe('the retry schedule', () => {
  it('doubles from 2 s to 5 min, and spreads over the upper half', () => {
    expect([1, 2, 3, 8, 9, 1000].map((failures) => retryDelayMs(failures, 1))).toEqual([
      2_000, 4_000, 8_000, 256_000, 300_000, 300_000,
    ])
    expect(retryDelayMs(1, 0)).toBe(1_000)
  })

  it('never gives a delivery up because of attempts, while its target is down', () => {
    let waiting = message
    for (let attempt = 1; attempt <= 500; attempt++) {
      const next = afterFailure(waiting, { ...failure, nowMs: queuedMs + attempt * 300_000 })
      expect(next.givenUp).toBeNull()
      waiting = next.message
    }
    expect(waiting).toMatchObject({ attempts: 500, heldAgainst: 0 })
  })

  it('gives it up when it is too old', () => {
    const at = (days: number) => afterFailure(message, { ...failure, nowMs: queuedMs + days * 86_400_000 }).givenUp
    expect([at(13.9), at(14)]).toEqual([null, 'too-old'])
  })

  it('gives it up after ten failures while the target took others', () => {
    const held = (heldAgainst: number) => afterFailure({ ...message, heldAgainst }, { ...failure, isHeldAgainst: true })
    expect([held(8).givenUp, held(9).givenUp]).toEqual([null, 'failed-while-others-were-taken'])
  })

  it('waits as long as the target asks for', () => {
    const { message: next } = afterFailure(message, { ...failure, retryAfterMs: 60_000 })
    expect(Date.parse(next.notBefore!) - queuedMs).toBe(60_000)
  })
})
