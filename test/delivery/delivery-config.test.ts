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
