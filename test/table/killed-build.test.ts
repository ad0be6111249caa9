import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { builtProgram } from '../../lib/embedded/package-root.ts'
import { buildTable } from '../../lib/embedded/table/build-table.ts'
import { ResultTable } from '../../lib/embedded/table/open-table.ts'
import { tableFolder } from '../../lib/embedded/table/table-folder.ts'
import { findings, makeResult, store } from './make-results.ts'

const dayOf = (number: number): string => new Date(Date.UTC(2026, 0, 1 + number, 12)).toISOString()

it('has each result once after a build that was killed among its partitions', async () => {
  const outDir = await mkdtemp(join(tmpdir(), 'pleura-killed-'))
  const tableDir = join(outDir, 'table')
  const days = 120
  try {
    for (let day = 0; day < days; day++) await store(outDir, makeResult(day, findings.suspected, dayOf(day)))
    const child = spawn(process.execPath, [builtProgram('lib/cli/main.ts'), 'table', '--out', outDir], {
      stdio: 'ignore',
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    const tenantFolder = tableFolder.tenant(tableDir, 'local')
    while (child.exitCode === null && !(existsSync(tenantFolder) && readdirSync(tenantFolder).length > 3)) {
      await sleep(1)
    }
    child.kill('SIGKILL')
    await ended
    expect(child.exitCode).toBeNull()
    expect(existsSync(tableFolder.index(tableDir))).toBe(false)

    const left = await ask(tableDir)
    expect(left.length).toBeLessThan(days)
    // Superseded after its row was written, before the index was.
    await store(
      outDir,
      makeResult(0, findings.notSuspected, dayOf(200), 'b'),
      makeResult(0, findings.suspected, dayOf(0)),
    )
    await buildTable({ outDir, tableDir, tenant: 'local', rebuild: false })
    const whole = await ask(tableDir)
    expect(whole).toHaveLength(days)
    expect(whole.every(({ images }) => images === '1')).toBe(true)
  } finally {
    await rm(outDir, { recursive: true })
  }
})

async function ask(tableDir: string): Promise<{ images: string }[]> {
  const table = await ResultTable.open(tableDir)
  try {
    return await table.ask('days', { tenant: 'local', from: '2026-01-01', to: '2026-12-31' })
  } finally {
    await table.close()
  }
}
