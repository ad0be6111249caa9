import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { openSender } from '../../lib/embedded/deliver/open-sender.ts'
import { readDeliveryConfig } from '../../lib/embedded/deliver/read-delivery-config.ts'
import { ConfigurationError } from '../../lib/screening/kernel/errors.ts'

const webhook = { kind: 'webhook', name: 'worklist', url: 'https://example.org/hook', secretFile: 'secret' }
let folder: string
let file: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pleura-targets-'))
  file = join(folder, 'targets.json')
})

const read = async (value: unknown) => {
  await writeFile(file, typeof value === 'string' ? value : JSON.stringify(value))
  return readDeliveryConfig(file)
}

describe('the file of targets', () => {
  it('has defaults for all but tenant, name, kind and address', async () => {
    expect(await read({ tenant: 'clinic', targets: [webhook] })).toEqual({
      tenant: 'clinic',
      mode: 'full',
      deidentified: false,
      targets: [{ ...webhook, since: null, allowPrivateAddress: false, timeoutSeconds: 30, giveUpAfterDays: 14 }],
      folder,
    })
  })

  it.each([
    ['no JSON', '{"tenant": "secret-looking', /is no JSON/],
    ['no target', { tenant: 'clinic', targets: [] }, /targets:/],
    ['no tenant', { targets: [webhook] }, /tenant:/],
    ['two targets of one name', { tenant: 'clinic', targets: [webhook, webhook] }, /two targets have the same name/],
    ['a name that leads elsewhere', { tenant: 'clinic', targets: [{ ...webhook, name: '../x' }] }, /targets.0.name/],
    ['a kind that there is not', { tenant: 'clinic', targets: [{ ...webhook, kind: 'fax' }] }, /targets.0.kind/],
    ['a misspelt field', { tenant: 'clinic', targets: [{ ...webhook, urll: 'x' }] }, /urll/],
    ['another scheme', { tenant: 'clinic', targets: [{ ...webhook, url: 'file:///etc/passwd' }] }, /targets.0.url/],
    ['credentials in the URL', { tenant: 'clinic', targets: [{ ...webhook, url: 'https://a:b@c.d' }] }, /credentials/],
    ['another mode', { tenant: 'clinic', mode: 'half', targets: [webhook] }, /mode:/],
  ])('is refused with %s', async (_, value, message) => {
    const failure = await read(value).catch((error) => error)
    expect(failure).toBeInstanceOf(ConfigurationError)
    expect(failure.message).toMatch(message)
  })

  it('has defaults for every kind', async () => {
    const { targets } = await read({
      tenant: 'clinic',
      targets: [
        { kind: 'fhir', name: 'ehr', url: 'https://example.org/fhir' },
        { kind: 'stow', name: 'archive', url: 'https://example.org/dicom-web' },
        { kind: 'c-store', name: 'pacs', host: 'pacs.example.org', port: 104, calledAeTitle: 'MAIN PACS' },
        { kind: 'mllp', name: 'his', host: '2001:db8::1', port: 2575 },
      ],
    })
    const objects = ['structured-report', 'segmentation', 'secondary-capture', 'presentation-state']
    expect(targets).toMatchObject([
      { authorizationFile: null },
      { authorizationFile: null, objects },
      { callingAeTitle: 'PLEURA', tls: false, objects },
      { receivingApplication: '', receivingFacility: '', tls: false },
    ])
  })

  it.each([
    ['host', { kind: 'mllp', host: 'a b', port: 1 }],
    ['port', { kind: 'mllp', host: 'a', port: 0 }],
    ['calledAeTitle', { kind: 'c-store', host: 'a', port: 1, calledAeTitle: 'SEVENTEEN-LETTERS' }],
    ['calledAeTitle', { kind: 'c-store', host: 'a', port: 1, calledAeTitle: ' ' }],
    ['objects', { kind: 'stow', url: 'https://a.b', objects: ['fhir-bundle'] }],
    ['objects', { kind: 'stow', url: 'https://a.b', objects: [] }],
  ])('is refused with a %s that is none', async (field, target) => {
    await expect(read({ tenant: 'clinic', targets: [{ name: 'x', ...target }] })).rejects.toThrow(`targets.0.${field}`)
  })

  it('names an authorization that can be a header', async () => {
    const { targets } = await read({
      tenant: 'clinic',
      targets: [{ kind: 'fhir', name: 'ehr', url: 'https://a.b', authorizationFile: 'token' }],
    })
    await writeFile(join(folder, 'token'), 'Bearer a\r\nX-Other: b')
    await expect(openSender(targets[0], folder, systemClock)).rejects.toThrow(/must hold one line/)
    await writeFile(join(folder, 'token'), 'Bearer a\n')
    await (await openSender(targets[0], folder, systemClock)).close()
  })

  it('is refused where it is not there', async () => {
    await expect(readDeliveryConfig(join(folder, 'none.json'))).rejects.toThrow(/cannot be read \(ENOENT\)/)
  })

  it('names a secret that is there, and is one', async () => {
    const { targets } = await read({ tenant: 'clinic', targets: [webhook] })
    await expect(openSender(targets[0], folder, systemClock)).rejects.toThrow(/secret, which target worklist names/)
    await writeFile(join(folder, 'secret'), 'not a secret')
    const failure = await openSender(targets[0], folder, systemClock).catch((error) => error)
    expect(failure).toBeInstanceOf(ConfigurationError)
    expect(failure.message).not.toContain('not a secret')
  })
})
