import { describe, expect, it } from 'vitest'
import { explainCloudFailures } from '../../lib/operations/cloud-failure.ts'
import { ConfigurationError, TransientError } from '../../lib/screening/kernel/errors.ts'

describe('a cloud that does not answer', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  it.each([
    ['refuses the connection', refused, /cannot be reached. The connection is refused \(ECONNREFUSED\)/],
    ['below what the adapters made of it', new TransientError('for now', { cause: refused }), /ECONNREFUSED/],
    ['has no such name', Object.assign(new Error(''), { code: 'ENOTFOUND' }), /name is not known here/],
    ['is given by no URL', Object.assign(new TypeError(''), { code: 'ERR_INVALID_URL' }), /AWS_ENDPOINT_URL/],
    ['does not answer in time', Object.assign(new Error(''), { name: 'TimeoutError' }), /in time/],
    ['fails for now and does not say why', new TransientError('for now'), /Try later/],
  ])('is told in one line: %s', async (_, error, message) => {
    const explained = await explainCloudFailures(() => Promise.reject(error)).catch((thrown) => thrown)
    expect(explained).toBeInstanceOf(ConfigurationError)
    expect(explained.message).toMatch(message)
    expect(explained.message).not.toContain('\n')
  })
})
