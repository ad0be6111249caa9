import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findAssets } from '../../lib/infrastructure/assets.ts'
import { configFileOf, readConfig } from '../../lib/infrastructure/config.ts'

const example = {
  name: 'demo',
  account: '111122223333',
  region: 'eu-central-1',
  alarmEmail: 'on-call@example.org',
  tenants: [{ settings: { id: 'north' } }],
}

function configFile(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'pleura-config-')), 'env.json')
  writeFileSync(file, text)
  return file
}

describe('an environment', () => {
  it.each([
    { kind: 'webhook', url: 'https://w.example.org', secret: '/secret' },
    { kind: 'fhir', url: 'https://f.example.org' },
    { kind: 'stow', url: 'https://s.example.org' },
    { kind: 'mllp', host: 'h.example.org', port: 2575, tls: true },
    { kind: 'c-store', host: 'p.example.org', port: 104, tls: true, calledAeTitle: 'PACS' },
    { kind: 'eventbridge', busArn: 'arn:aws:events:eu-central-1:444455556666:event-bus/hospital' },
  ])('refuses a target of kind $kind where the tenant is told nothing that names a patient', (target) => {
    const documents = ['fhir-bundle', 'hl7-message', 'structured-report']
    const read = (settings: object, targets: object[]) => {
      const tenants = [{ settings: { id: 'north', documents, ...settings }, targets }]
      return readConfig(configFile(JSON.stringify({ ...example, tenants })))
    }
    const named = { name: 'target', ...target }
    expect(() => read({ deidentified: true }, [named])).toThrow(/targets\.0\.name.*names-patient.*--deidentify/)
    expect(read({ deidentified: true }, []).tenants[0].targets).toEqual([])
    expect(read({}, [named]).tenants[0].targets).toHaveLength(1)
  })

  it('has a default for all that is not its own', () => {
    expect(readConfig(configFile(JSON.stringify(example)))).toMatchObject({
      profile: 'gpu',
      endpoints: 'economy',
      maximumJobs: 4,
      tenants: [{ settings: { lanes: ['routine'] }, trustedAccount: null }],
    })
  })

  it.each([
    ['account', { account: '12' }, 'account: must be an account of 12 digits, received "12"'],
    ['region', { region: 'Frankfurt' }, 'region: must be a region such as eu-central-1, received "Frankfurt"'],
    [
      'instance type',
      { instanceTypes: ['m5.large'] },
      'instanceTypes.0: must be a GPU instance type, received "m5.large"',
    ],
    ['tenant', { tenants: [{ settings: { id: 'North/' } }] }, 'tenants.0.settings.id: must be 1–32 of a-z, 0-9 and -'],
    ['field', { profil: 'gpu' }, 'Unrecognized key: "profil"'],
    [
      'role without a secret',
      { tenants: [{ settings: { id: 'north' }, trustedAccount: '444455556666' }] },
      'tenants.0.externalId: is required beside trustedAccount',
    ],
    [
      'retention of uploads',
      { retentionDays: { uploads: 27 } },
      'retentionDays.uploads: must be at least 28: an upload may wait half of it to be put into its lane, and half of it there, received 27',
    ],
    ['retention of pictures', { retentionDays: { prepared: 27 } }, 'retentionDays.prepared: must be at least 28'],
    ['retention of usage', { retentionDays: { usage: 61 } }, 'retentionDays.usage: must be at least 62'],
    [
      'retention of a tenant',
      { tenants: [{ settings: { id: 'north', retentionDays: 366 } }] },
      'tenants.0.settings.retentionDays: must be at most retentionDays.results, 365',
    ],
    [
      'zone',
      { availabilityZones: ['eu-central-1a', 'eu-west-1b'] },
      'availabilityZones.1: must be a zone of eu-central-1, received "eu-west-1b"',
    ],
    [
      'pair of tenants',
      { tenants: [{ settings: { id: 'north' } }, { settings: { id: 'north' } }] },
      'tenants.1.settings.id: is used twice',
    ],
  ])('of a wrong %s is refused with the field, the value and what is expected', (_, change, message) => {
    expect(() => readConfig(configFile(JSON.stringify({ ...example, ...change })))).toThrow(message)
  })

  it('that names one retention keeps the defaults of the others', () => {
    const { retentionDays } = readConfig(configFile(JSON.stringify({ ...example, retentionDays: { uploads: 90 } })))
    expect(retentionDays).toEqual({
      uploads: 90,
      prepared: 30,
      results: 365,
      usage: 2555,
      logs: 365,
      audit: 2555,
      accessLog: 30,
    })
  })

  it.each([
    ['/etc/pleura/clinic.json', '/etc/pleura/clinic.json'],
    ['config/clinic.json', '/checkout/config/clinic.json'],
    [undefined, '/checkout/config/example.json'],
  ])('that PLEURA_CONFIG names as %s is read at %s', (named, file) => {
    expect(configFileOf('/checkout', named)).toBe(file)
  })

  it('that is no JSON is refused with its file', () => {
    const file = configFile('{')
    expect(() => readConfig(file)).toThrow(file)
  })

  it('without built programs is refused with the command that builds them', () => {
    expect(() => findAssets('/nowhere')).toThrow(/npm run package/)
  })
})
