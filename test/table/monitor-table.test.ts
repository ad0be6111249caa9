import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addMonitorCommand } from '../../lib/cli/monitor-command.ts'
import { buildTable } from '../../lib/embedded/table/build-table.ts'
import type { Finding } from '../../lib/screening/finding/finding.ts'
import { buildResultLine } from '../../lib/screening/result-documents/result-line.ts'
import { runCommand } from '../cli/run-command.ts'
import { findings, makeResult, store } from './make-results.ts'

const withProbability = (probability: number): Finding => ({
  ...findings.notSuspected,
  classification: { ...findings.notSuspected.classification, probability },
})

let root: string
const folders = { reference: '2026-10', current: '2026-11' } as const
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pleura-monitor-'))
  let number = 0
  for (const [name, month] of Object.entries(folders)) {
    const lines: string[] = []
    for (let at = 0; at < 60; at++) {
      const shift = name === 'current' ? 0.3 : 0
      const finding = at % 10 === 9 ? findings.notAnalysed : withProbability((at % 50) / 200 + shift + 0.00005)
      const result = makeResult(number++, finding, `${month}-${String(1 + (at % 28)).padStart(2, '0')}T12:00:00Z`)
      for (const folder of [name, 'both']) await store(join(root, folder), result)
      lines.push(JSON.stringify(buildResultLine(`${number}.dcm`, result)))
    }
    await writeFile(join(root, name, 'results.jsonl'), `${lines.join('\n')}\n`)
  }
  const outDir = join(root, 'both')
  await buildTable({ outDir, tableDir: join(outDir, 'table'), tenant: 'local', rebuild: false })
})
afterAll(() => rm(root, { recursive: true }))

const ofTable = ['monitor', '--table']
const days = ['--reference-days', '2026-10-01..2026-10-31', '--current-days', '2026-11-01..2026-11-30']

describe('pleura monitor over a results table', () => {
  it('says what it says of the two folders', async () => {
    const folderRun = await runCommand(
      addMonitorCommand,
      ...['monitor', '--reference', join(root, 'reference'), '--current', join(root, 'current'), '--json'],
    )
    const tableRun = await runCommand(addMonitorCommand, ...ofTable, join(root, 'both/table'), ...days, '--json')
    const [a, b] = [JSON.parse(folderRun.stdout), JSON.parse(tableRun.stdout)]
    expect(b.alarms).toContain('probability-distribution')
    expect(b).toEqual(a)
    expect(tableRun.exitCode).toBe(3)
  })

  it.each([
    [['monitor'], 'Give --reference'],
    [[...ofTable, '.', '--reference-days', '2026-10-01..2026-10-31'], 'Give --reference'],
    [[...ofTable, '.', ...days, '--reference', '.'], 'Give --reference'],
    [[...ofTable, '.', '--reference-days', '2026-10-31..2026-10-01'], 'first day is after'],
    [[...ofTable, '.', '--reference-days', '2026-10-31'], '2026-11-01..2026-11-30'],
  ])('refuses %j', async (words, message) => {
    await expect(runCommand(addMonitorCommand, ...words)).rejects.toThrow(message)
  })
})
