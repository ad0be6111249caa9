import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { parseWebhookSecret, signWebhook } from '../../lib/delivery/webhook/sign-webhook.ts'

const text = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`
const body = '{"type":"finding.ready"}'

describe('a signed webhook', () => {
  it('is accepted by the reference library, and nothing else is', () => {
    const headers = { ...signWebhook(parseWebhookSecret(text)!, 'key-1', new Date(), body) }
    const reference = new Webhook(text)
    expect(reference.verify(body, headers)).toEqual({ type: 'finding.ready' })
    expect(() => reference.verify(`${body} `, headers)).toThrow()
    expect(() => reference.verify(body, { ...headers, 'webhook-id': 'key-2' })).toThrow()
  })

  it('has the signature that the reference library makes', () => {
    const at = new Date('2026-01-02T03:04:05Z')
    expect(signWebhook(parseWebhookSecret(text)!, 'key-1', at, body)['webhook-signature']).toBe(
      new Webhook(text).sign('key-1', at, body),
    )
  })

  it.each(['', 'whsec_', 'whsec_c2hvcnQ=', 'no-prefix', `whsec_${'A'.repeat(200)}`, `${text} more`])(
    'needs a secret; %s is none',
    (secret) => {
      expect(parseWebhookSecret(secret)).toBeNull()
    },
  )
})
