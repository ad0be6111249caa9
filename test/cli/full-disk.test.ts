import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { readLines, runPleura } from './run-pleura.ts'

/* Small file systems in memory, filled up: needs the right to mount, as a container's root often has. */

let folder: string
let disk: string
let mayMount = false

const mount = (...args: string[]) => execFileSync('mount', args, { stdio: 'ignore' })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pleura-full-'))
  disk = join(folder, 'disk')
  mkdirSync(disk)
  await writePhantomSet({ count: 1, outDir: join(folder, 'first'), seed: 1, rows: 128 })
  await writePhantomSet({ count: 2, outDir: join(folder, 'second'), seed: 2, rows: 128 })
  try {
    mount('-t', 'tmpfs', '-o', 'size=4m,nr_inodes=200', 'tmpfs', disk)
    mayMount = true
  } catch (cause) {
    if (process.env.CI) throw new Error('full disks cannot be tested: no right to mount', { cause })
    console.warn('NOT TESTED: full disks. Run as root where mounting is allowed (docker run --privileged).')
  }
})

afterAll(() => {
  if (mayMount) execFileSync('umount', [disk])
  rmSync(folder, { recursive: true, force: true })
})

const makeRoom = () => rmSync(join(disk, 'filler'), { recursive: true, force: true })

beforeEach((test) => {
  if (!mayMount) test.skip('this test may not mount a file system')
  makeRoom()
})

/** Fills the disk until it takes no more. */
function fill(what: 'space' | 'inodes'): void {
  mkdirSync(join(disk, 'filler'))
  const bytes = openSync(join(disk, 'filler/bytes'), 'w')
  try {
    if (what === 'inodes') for (let file = 0; ; file++) closeSync(openSync(join(disk, 'filler', String(file)), 'w'))
    for (;;) writeSync(bytes, Buffer.alloc(4096))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    closeSync(bytes)
  }
}

/** Every file below the output folder but the lock, and its content. */
function filesOf(out: string): Record<string, string> {
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).filter((path) => !path.includes('/.lock/'))
  return Object.fromEntries(paths.map((path) => [path.slice(out.length + 1), readFileSync(path, 'latin1')]))
}

const radiographs = (set: string) => join(folder, set, 'dicom-images-train')

describe.each([
  ['screen', 'results.jsonl', []],
  ['prepare', 'prepared.jsonl', []],
  ['watch', 'results.jsonl', ['--until-empty', '--interval', '100']],
])('pleura %s', (command, list, more) => {
  const run = (input: string) => runPleura(command, input, '--out', join(disk, command), ...more, '--concurrency', '1')

  it('tells of a full disk in one line, keeps what was finished, and goes on when there is room', async () => {
    const out = join(disk, command)
    const linesOf = (lines: readonly { input: string }[]) => lines.map(({ input }) => input.slice(folder.length))
    expect((await run(radiographs('first'))).code).toBe(0)
    const finished = filesOf(out)
    for (const what of ['space', 'inodes'] as const) {
      fill(what)
      const { code, stderr } = await run(radiographs('second'))
      expect([what, stderr]).toEqual([
        what,
        'pleura: The disk has no space, or no inodes, left. Make room and run the same command again: what is finished stays.\n',
      ])
      expect(code).toBe(1)
      expect(filesOf(out)).toMatchObject(finished)
      expect(Object.keys(filesOf(out)).filter((name) => /draft|\.pleura/.test(name))).toEqual([])
      makeRoom()
    }
    mount('-o', 'remount,ro', disk)
    const readOnly = await run(radiographs('second'))
    mount('-o', 'remount,rw', disk)
    expect(readOnly).toMatchObject({ code: 1, stderr: expect.stringMatching(/^pleura: .*is read-only.*\n$/) })
    expect(filesOf(out)).toMatchObject(finished)

    expect((await run(radiographs('second'))).code).toBe(0)
    const expected = command === 'watch' ? 3 : 2
    expect(new Set(linesOf(await readLines(join(out, list)))).size).toBe(expected)
    rmSync(out, { recursive: true })
  }, 300_000)
})
