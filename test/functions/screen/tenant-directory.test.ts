import { describe, expect, it } from 'vitest'
import { createOperationalLog } from '../../../lib/adapters/aws/operational-log.ts'
import { TenantDirectory } from '../../../lib/adapters/aws/tenant-directory.ts'
import { type Tenant, tenant } from '../../../lib/screening/screening-job/tenant.ts'

async function openDirectory() {
  const lines: string[] = []
  const state = { now: 0, reads: 0, failing: false, tenants: ['north'] }
  const read = async (): Promise<ReadonlyMap<string, Tenant>> => {
    state.reads++
    if (state.failing) throw new Error('throttled')
    return new Map(state.tenants.map((id) => [id, tenant.parse({ id })]))
  }
  const clock = { now: () => state.now, monotonic: () => state.now }
  const telemetry = createOperationalLog('screen', (line) => lines.push(line))
  return { state, lines, directory: await TenantDirectory.open(read, clock, telemetry) }
}

describe('the tenants of a worker', () => {
  it('are read once for as long as they hold', async () => {
    const { state, directory } = await openDirectory()
    state.now = 299_000
    expect((await directory.find('north'))?.id).toBe('north')
    expect(state.reads).toBe(1)
    state.now = 300_000
    await directory.find('north')
    expect(state.reads).toBe(2)
  })

  it('are read again for one that came later, not for every message of one that does not exist', async () => {
    const { state, directory } = await openDirectory()
    state.tenants.push('south')
    expect(await directory.find('south')).toBeUndefined()
    state.now = 10_000
    expect((await directory.find('south'))?.id).toBe('south')
    for (let ask = 0; ask < 5; ask++) expect(await directory.find('nobody')).toBeUndefined()
    expect(state.reads).toBe(2)
  })

  it('stay as they were when they cannot be read again', async () => {
    const { state, directory, lines } = await openDirectory()
    state.failing = true
    state.now = 400_000
    expect((await directory.find('north'))?.id).toBe('north')
    expect(lines.join()).toMatch(/tenants-not-read/)
  })
})
