import { execFileSync, type SpawnOptions, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listInputs } from '../../lib/embedded/list-inputs.ts'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { program, readLines, readResults, startPleura, startPleuraWith } from './run-pleura.ts'

/*
 * One folder with everything in it that file systems come up with. The programs run as a user who may not read all of
 * it: another one where the tests run as root, whom no mode stops.
 */

let folder: string
let input: string
let phantoms: Buffer[]
/** Who runs the programs. */
let user: SpawnOptions = {}
let lockedFolderIsSeen = true

/** Bytes of a name, after a path that is UTF-8. */
const bytesBelow = (parent: string, name: string): Buffer =>
  Buffer.concat([Buffer.from(`${parent}/`), Buffer.from(name, 'latin1')])

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pleura-unusual-'))
  chmodSync(folder, 0o777)
  await writePhantomSet({ count: 5, outDir: join(folder, 'made'), seed: 3, rows: 128 })
  const made = await listInputs([join(folder, 'made/dicom-images-train')], join(folder, 'none'))
  phantoms = made.map(({ path }) => readFileSync(path))
  input = join(folder, 'in')
  for (const part of ['in/real', 'in/.hidden', 'in/lost+found', 'target'])
    mkdirSync(join(folder, part), { recursive: true })
  writeFileSync(join(input, 'real/one.dcm'), phantoms[0])
  symlinkSync('../real', join(input, 'real/round-in-circles'))
  writeFileSync(join(folder, 'target/two.dcm'), phantoms[1])
  symlinkSync('../target', join(input, 'linked'))
  writeFileSync(bytesBelow(input, 'M\xfcller.dcm'), phantoms[2])
  mkdirSync(bytesBelow(input, 'Patient\xe9'))
  writeFileSync(Buffer.concat([bytesBelow(input, 'Patient\xe9'), Buffer.from('/three.dcm')]), phantoms[3])
  writeFileSync(join(input, '.hidden/five.dcm'), phantoms[4])
  symlinkSync('/no/such/file', join(input, 'dangling.dcm'))
  writeFileSync(join(input, 'lost+found/four.dcm'), phantoms[4])
  chmodSync(join(input, 'lost+found'), 0)
  // Node takes no path of more than 4,096 bytes, and neither does the kernel: one step at a time.
  const steps = `i=0; while [ $i -lt 17 ]; do mkdir ${'x'.repeat(250)}; cd ${'x'.repeat(250)} 2> /dev/null || break; i=$((i + 1)); done`
  execFileSync('sh', ['-c', steps], { cwd: input })

  if (process.getuid?.() === 0) {
    const nobody = { uid: 65534, gid: 65534 }
    const canRun = spawnSync(process.execPath, [program, '--version'], nobody).status === 0
    if (canRun) user = { ...nobody, env: { ...process.env, HOME: folder } }
  }
  const listing = spawnSync(process.execPath, ['-e', `fs.readdirSync('${join(input, 'lost+found')}')`], user)
  lockedFolderIsSeen = listing.status === 0
  if (lockedFolderIsSeen) {
    console.warn(
      'NOT TESTED: a folder that may not be read. Run as a user, or as root where another user can run Node.',
    )
  }
})

afterAll(() => {
  chmodSync(join(input, 'lost+found'), 0o700)
  execFileSync('rm', ['-rf', folder])
})

const below = (path: string): string => path.replace(`${input}/`, '').replace(/^(x{250}\/)+x{250}$/, 'over-long')

/** What becomes of each entry: a reason, or that it is read. */
const expected = (): Record<string, string> => ({
  'M\udcfcller.dcm': 'read',
  'Patient\udce9/three.dcm': 'read',
  'linked/two.dcm': 'read',
  'real/one.dcm': 'read',
  'real/round-in-circles': 'listed-already',
  '.hidden': 'hidden-folder',
  'dangling.dcm': 'unreadable',
  'over-long': 'unreadable',
  ...(lockedFolderIsSeen ? { 'lost+found/four.dcm': 'read' } : { 'lost+found': 'unreadable' }),
})

const without = (entries: Record<string, string>, ...reasons: string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(entries).filter(([, reason]) => !reasons.includes(reason)))

const found = (lines: readonly { input: string; reason: string | null }[]): Record<string, string> =>
  Object.fromEntries(lines.map(({ input: path, reason }) => [below(path), reason ?? 'read']))

const runAsUser = (command: string, ...more: string[]) =>
  startPleuraWith(user, command, input, '--out', join(folder, `out-${command}`), ...more).ended

/** Several starts of the program each, on a machine that may be loaded. Unit: ms. */
const timeLimitMs = 300_000

describe('every entry of an unusual folder has a line or a reason, and none ends the run', {
  timeout: timeLimitMs,
}, () => {
  it.each([
    ['screen', 'results.jsonl', 2],
    ['prepare', 'prepared.jsonl', 2],
    ['watch', 'results.jsonl', 0],
  ])('of pleura %s', async (command, list, code) => {
    const more = command === 'watch' ? ['--until-empty', '--interval', '100'] : []
    const ended = await runAsUser(command, ...more)
    expect(ended.stderr.split('\n').filter((line) => !line.startsWith('warn: unreadable'))).toEqual([''])
    expect(ended.code).toBe(code)
    expect(found(await readLines(join(folder, `out-${command}`, list)))).toEqual(expected())
  })

  it('of pleura explore', async () => {
    const { code, stdout } = await runAsUser('explore')
    expect(code).toBe(2)
    const facts = await readLines<{ path: string; problem: { code: string } | null }>(
      join(folder, 'out-explore/file-facts.jsonl'),
    )
    const lines = facts.map(({ path, problem }) => ({ input: path, reason: problem?.code ?? null }))
    expect(found(lines)).toEqual(without(expected(), 'listed-already', 'hidden-folder'))
    expect(stdout).toMatch(/note: \.hidden is hidden and was not entered/)
  })

  it('of pleura prepare-dataset, with names that a table can hold', async () => {
    const { code } = await runAsUser('prepare-dataset', '--sizes', '64')
    expect(code).toBe(2)
    const out = join(folder, 'out-prepare-dataset')
    const rows = (text: string) => text.trim().split('\n').slice(1)
    const refused = rows(await readFile(join(out, 'refused.csv'), 'utf8')).map((row) => row.split(','))
    expect(Object.fromEntries(refused.map(([path, reason]) => [below(path), reason]))).toEqual(
      without(expected(), 'listed-already', 'read'),
    )
    const index = rows(await readFile(join(out, 'index.csv'), 'utf8')).map((row) => row.split(','))
    const read = Object.keys(without(expected(), 'listed-already', 'hidden-folder', 'unreadable'))
    const shown = (path: string) => path.replace('\udcfc', '%FC').replace('\udce9', '%E9')
    expect(index.map(([, , source]) => source).sort()).toEqual(read.map(shown).sort())
    const pictures = await readdir(join(out, '64/images'))
    expect(pictures.sort()).toEqual(index.map(([id]) => `${id}.png`).sort())
  })
})

describe('pleura watch', { timeout: timeLimitMs }, () => {
  it('goes on while folders come and go below it', async () => {
    const dir = join(folder, 'coming-and-going')
    mkdirSync(dir)
    const out = join(folder, 'coming-and-going-out')
    const watch = startPleura('watch', dir, '--out', out, '--interval', '20', '--concurrency', '1')
    let ended = false
    watch.ended.then(() => {
      ended = true
    })
    const results = () => readResults(out).catch(() => [])
    for (let round = 0; round < 150 && !ended; round++) {
      const patient = join(dir, `patient-${round % 7}`)
      mkdirSync(join(patient, 'study/series'), { recursive: true })
      writeFileSync(join(patient, 'study/series/notes.txt'), `notes ${round}`)
      await sleep(round % 40)
      rmSync(patient, { recursive: true, force: true })
    }
    copyFileSync(join(folder, 'target/two.dcm'), join(dir, 'last.dcm'))
    while (!ended && !(await results()).some(({ input: path }) => path.endsWith('last.dcm'))) await sleep(50)
    process.kill(-watch.process.pid!, 'SIGINT')
    expect((await watch.ended).code).toBe(0)
    const last = (await results()).filter(({ input: path }) => path.endsWith('last.dcm'))
    expect(last.map(({ reason }) => reason)).toEqual([null])
  })
})
