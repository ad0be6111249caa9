import { appendFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isLiveBusy } from '../../lib/embedded/backfill/live-lane.ts'
import { lockOutputFolder } from '../../lib/embedded/output-lock.ts'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import type { ResultLine } from '../../lib/screening/result-documents/result-line.ts'
import { startPleura } from '../cli/run-pleura.ts'

const pictures = 6
let root: string
let archive: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pleura-backfill-'))
  await writePhantomSet({ count: pictures, outDir: join(root, 'drawn'), seed: 3, rows: 256 })
  archive = join(root, 'drawn', 'dicom-images-train')
  await writeFile(join(archive, 'broken.dcm'), Buffer.from('not an image at all'))
  await writeFile(join(archive, 'README.txt'), 'a note')
  await mkdir(join(archive, '.hidden'))
})
afterAll(() => rm(root, { recursive: true }))

let runs = 0
const newOut = (): string => join(root, `out-${runs++}`)
const backfill = (outDir: string, ...more: string[]) =>
  startPleura('backfill', archive, '--out', outDir, '--concurrency', '1', '--json', ...more)
const endOf = async (outDir: string, ...more: string[]) => {
  const { code, stdout, stderr } = await backfill(outDir, ...more).ended
  const last = stdout.trim().split('\n').at(-1) ?? ''
  return { code, stderr, report: last.startsWith('{') ? JSON.parse(last) : null }
}
const linesOf = async (outDir: string, name = 'results.jsonl'): Promise<ResultLine[]> =>
  (await readFile(join(outDir, name), 'utf8').catch(() => ''))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
/** Files, the note, and the hidden folder. */
const entries = pictures + 3

describe('pleura backfill', () => {
  it('plans, then screens what it has planned, and says what was not analysed and why', async () => {
    const outDir = newOut()
    const plan = await endOf(outDir, '--plan', '--cloud', 'cpu')
    expect(plan.report).toMatchObject({
      entries,
      byKind: { dicom: pictures, unknown: 1, 'not-a-picture': 1, 'folder-not-entered': 1 },
      images: pictures + 1,
    })
    expect(plan.report.hours).toBeGreaterThan(0)
    expect(plan.report.cloud.totalUsd).toBeGreaterThan(0)
    // What comes to the archive afterwards is no part of it.
    const late = join(archive, 'late.dcm')
    await writeFile(late, 'late')
    const { code, report } = await endOf(outDir)
    await rm(late)
    expect(code).toBe(2)
    expect(report).toMatchObject({
      ending: 'finished',
      entries,
      done: entries,
      notAnalysed: 1,
      reasons: { 'not-an-image': 1 },
      setAside: 2,
      setAsideReasons: { 'not-a-picture': 1, 'hidden-folder': 1 },
    })
    expect(report.suspected + report.notSuspected).toBe(pictures)
    expect(await linesOf(outDir, 'not-analysed.jsonl')).toMatchObject([
      { input: join(archive, 'broken.dcm'), reason: 'not-an-image' },
    ])
    const again = await endOf(outDir)
    expect(again).toMatchObject({ code: 2, report: { ending: 'finished', done: entries } })
    expect(await linesOf(outDir)).toHaveLength(entries)
  })

  it('goes on after a kill: every entry has one line, nothing finished is computed again', async () => {
    const outDir = newOut()
    const started = backfill(outDir)
    while ((await linesOf(outDir).catch(() => [])).length < 3) await sleep(20)
    process.kill(-started.process.pid!, 'SIGKILL')
    await started.ended
    const before = await linesOf(outDir).catch(() => [])
    // The end of a line that a power cut has torn.
    appendFileSync(join(outDir, 'results.jsonl'), '{"input":"torn')
    const resultOf = ({ imageId }: ResultLine) => readFile(join(outDir, imageId!, 'result.json'), 'utf8')
    const finished = before.filter(({ probability }) => probability !== null)
    const results = await Promise.all(finished.map(resultOf))
    const { report } = await endOf(outDir)
    expect(report).toMatchObject({ ending: 'finished', done: entries })
    const lines = await linesOf(outDir)
    expect(lines).toHaveLength(entries)
    expect(new Set(lines.map(({ input }) => input)).size).toBe(entries)
    expect(lines.slice(0, before.length)).toEqual(before)
    expect(await Promise.all(finished.map(resultOf))).toEqual(results)
  })

  it('ends within its budget of images, and goes on with a larger one', async () => {
    const outDir = newOut()
    const first = await endOf(outDir, '--max-images', '2')
    expect(first).toMatchObject({ code: 3, report: { ending: 'budget-images' } })
    const { suspected, notSuspected, notAnalysed } = first.report
    expect(suspected + notSuspected + notAnalysed).toBe(2)
    expect((await endOf(outDir, '--max-images', '2')).report).toMatchObject({ done: first.report.done })
    expect((await endOf(outDir, '--max-images', '100')).report).toMatchObject({ ending: 'finished', done: entries })
  })

  it('begins nothing past its budget of time and money', async () => {
    const outDir = newOut()
    expect(await endOf(outDir, '--max-hours', '0')).toMatchObject({
      code: 3,
      report: { ending: 'budget-hours', done: 0 },
    })
    const money = ['--usd-per-hour', '1000000', '--max-usd', '0.001']
    expect(await endOf(outDir, ...money)).toMatchObject({ code: 3, report: { ending: 'budget-usd' } })
    expect((await endOf(outDir, '--max-usd', '1')).stderr).toContain('--usd-per-hour')
  })

  it('is paused and resumed by another call', async () => {
    const outDir = newOut()
    await endOf(outDir, '--max-images', '1')
    const call = (word: string) => startPleura('backfill', word, '--out', outDir).ended
    expect(await call('--pause')).toMatchObject({ code: 0 })
    const started = backfill(outDir)
    await sleep(3000)
    const done = (await linesOf(outDir)).length
    expect(done).toBeLessThan(entries)
    expect(await call('--resume')).toMatchObject({ code: 0 })
    await started.ended
    expect(await linesOf(outDir)).toHaveLength(entries)
  })

  it('lets live studies go first', async () => {
    const [outDir, live] = [newOut(), newOut()]
    const queue = join(live, '.watch', 'queue', 'ready')
    await mkdir(queue, { recursive: true })
    await writeFile(join(queue, '1~0~a'), 'a job')
    // Of a watch that is dead nobody waits.
    expect(await isLiveBusy(live)).toBe(false)
    const unlock = await lockOutputFolder(live, 'watch')
    expect(await isLiveBusy(live)).toBe(true)
    const started = backfill(outDir, '--live', live)
    await sleep(3000)
    expect(await linesOf(outDir)).toEqual([])
    await rm(join(queue, '1~0~a'))
    await started.ended
    expect(await linesOf(outDir)).toHaveLength(entries)
    await unlock()
  })

  it('takes a list of paths, one that leads nowhere too', async () => {
    const outDir = newOut()
    const [picture] = (await readdir(archive, { recursive: true })).filter((name) => /^[^b].*\.dcm$/.test(name))
    await writeFile(join(archive, 'list.txt'), `${picture}\r\n\nno\u2028where.dcm\n${join(archive, picture)}\n`)
    const words = ['backfill', '--manifest', join(archive, 'list.txt'), '--out', outDir, '--json', '--concurrency', '1']
    const { code, stdout } = await startPleura(...words).ended
    await rm(join(archive, 'list.txt'))
    expect(JSON.parse(stdout)).toMatchObject({ done: 3, notAnalysed: 1, reasons: { unreadable: 1 } })
    expect(code).toBe(2)
    expect((await linesOf(outDir))[1].input).toBe(join(archive, 'no\u2028where.dcm'))
  })

  it.each([
    [
      () => [archive],
      'results of another program',
      async (out: string) => writeFile(join(out, 'results.jsonl'), '{}\n'),
    ],
    [() => [archive, '--manifest', archive], 'Give the folder', null],
    [() => [], 'Give the folder', null],
    [() => ['--manifest', archive], 'without --manifest', null],
    [() => [join(archive, 'README.txt')], 'is no folder', null],
    [() => [join(archive, 'nowhere')], 'cannot be opened', null],
    [() => ['--pause'], 'holds no backfill', null],
  ])('refuses: %#', async (words, message, prepare) => {
    const outDir = newOut()
    await mkdir(outDir)
    await prepare?.(outDir)
    const { code, stderr } = await startPleura('backfill', ...words(), '--out', outDir).ended
    expect(stderr).toContain(message)
    expect(code).toBe(1)
  })

  it('ends with code 4 where there is no picture, and belongs to one source', async () => {
    const outDir = newOut()
    const empty = join(root, 'empty')
    await mkdir(empty, { recursive: true })
    expect(await startPleura('backfill', empty, '--out', outDir).ended).toMatchObject({ code: 4 })
    const other = await backfill(outDir).ended
    expect(other.stderr).toContain('is the backfill of')
  })
})
