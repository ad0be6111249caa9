import { describe, expect, it } from 'vitest'
import { environmentConfig } from '../../lib/infrastructure/config.ts'
import { quotasOf } from '../../lib/operations/deploy-check/account-checks.ts'
import { checkDeliveries } from '../../lib/operations/deploy-check/delivery-checks.ts'

const hook = {
  kind: 'webhook',
  name: 'worklist',
  url: 'https://worklist.example.org',
  secret: '/pleura/secrets/worklist',
}
const pacs = { kind: 'c-store', name: 'pacs', host: 'pacs.hospital.test', port: 104, calledAeTitle: 'MAIN', tls: true }
const documents = ['segmentation', 'structured-report', 'secondary-capture', 'presentation-state']

const configOf = (target: object, endpoints = 'economy', settings: object = { documents }) =>
  environmentConfig.parse({
    name: 'clinic',
    account: '998877665544',
    region: 'eu-central-1',
    alarmEmail: 'on-call@hospital.test',
    endpoints,
    tenants: [{ settings: { id: 'north', ...settings }, targets: [target] }],
  })
const verdictsOf = (...args: Parameters<typeof configOf>) =>
  checkDeliveries(configOf(...args)).map(({ check, verdict }) => [check.replace('tenant north: ', ''), verdict])

describe('deploy-check of a target', () => {
  it('is content with a public name, and says how to ask for its secret', () => {
    expect(verdictsOf(hook)).toEqual([
      ['target worklist', 'ok'],
      ['target worklist: secret', 'not-checked'],
    ])
    const arn = 'arn:aws:secretsmanager:eu-central-1:998877665544:secret:worklist-AbC123'
    expect(checkDeliveries(configOf({ ...hook, secret: arn }))[1].remedy).toContain(`--secret-id ${arn}`)
  })

  it.each(['10.1.0.10', '127.0.0.1', '169.254.169.254', '::1'])('fails for %s in the public Internet', (host) => {
    expect(verdictsOf({ ...pacs, host })).toEqual([['target pacs', 'failed']])
  })

  it('fails for a public address that private endpoints cannot reach', () => {
    const at = (host: string) => verdictsOf({ ...pacs, host, allowPrivateAddress: true }, 'private')
    expect(at('8.8.8.8')[0]).toEqual(['target pacs', 'failed'])
    expect(at('10.1.0.10')).toEqual([
      ['target pacs', 'ok'],
      ['target pacs: route', 'not-checked'],
    ])
  })

  it('warns of objects that nobody makes', () => {
    expect(verdictsOf(pacs, 'economy', { documents: ['structured-report'] })).toContainEqual(['target pacs', 'warning'])
    expect(verdictsOf({ ...pacs, objects: ['structured-report'] }, 'economy', { documents })).toEqual([
      ['target pacs', 'ok'],
    ])
  })

  it('counts its invocations among the concurrent executions', () => {
    const most = (target: object) => quotasOf(configOf(target)).find(({ service }) => service === 'lambda')!
    expect(most(hook).atLeast - most(pacs).atLeast).toBe(4)
    expect(most(pacs).why).toContain('1 for deliveries, 2 reserved')
  })
})
