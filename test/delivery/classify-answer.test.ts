import { describe, expect, it } from 'vitest'
import { classifyAnswer } from '../../lib/delivery/classify-answer.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const answer = (status: number, retryAfter: string | null = null) =>
  classifyAnswer({ status, retryAfter, body: new Uint8Array(), isCutOff: false }, now)

describe('an HTTP answer', () => {
  it.each([200, 201, 204, 207])('of %i is a delivery', (status) => {
    expect(answer(status)).toEqual({ kind: 'delivered' })
  })

  it.each([400, 409, 412, 413, 415, 418, 422])('of %i refuses what was sent', (status) => {
    expect(answer(status)).toEqual({ kind: 'refused', reason: `http-${status}` })
  })

  it.each([0, 101, 401, 403, 404, 405, 407, 408, 410, 425, 429, 500, 502, 503, 504, 599, 999])(
    'of %i is of the target, and tried again',
    (status) => {
      expect(answer(status)).toEqual({ kind: 'unavailable', reason: `http-${status}`, retryAfterMs: null })
    },
  )

  it.each([301, 302, 303, 307, 308, 304])('of %i is no delivery: a redirect is not followed', (status) => {
    expect(answer(status)).toMatchObject({ kind: 'unavailable', reason: `redirect-${status}` })
  })

  it.each([
    ['120', 120_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['99999999999', 3_600_000],
    ['soon', null],
  ])('may ask for a pause: Retry-After: %s', (text, retryAfterMs) => {
    expect(answer(503, text)).toMatchObject({ retryAfterMs })
  })
})
