import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { listInputs } from '../../lib/embedded/list-inputs.ts'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { readLines, readResults, runPleura, startPleura } from './run-pleura.ts'

let folder: string
/** Eight images of different content. */
let images: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pleura-interrupts-'))
  images = join(folder, 'images')
  mkdirSync(images)
  await writePhantomSet({ count: 1, outDir: join(folder, 'made'), seed: 5, rows: 128 })
  const [phantom] = await listInputs([join(folder, 'made/dicom-images-train')], join(folder, 'none'))
  for (let copy = 0; copy < 8; copy++) {
    const padding = Buffer.alloc(2 * copy)
    writeFileSync(join(images, `${copy}.dcm`), Buffer.concat([readFileSync(phantom.path), padding]))
  }
})

function childrenOf(pid: number): number[] {
  try {
    const found = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)]).toString()
    return found.trim().split(/\s+/).map(Number)
  } catch {
    return []
  }
}

/** Still running: neither gone nor only waiting for its exit code to be asked for. */
function isRunning(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)])
      .toString()
      .startsWith('Z')
  } catch {
    return false
  }
}

const resultsIn = (out: string) => readResults(out).catch(() => [])
const pngsIn = (out: string): string[] => {
  try {
    return readdirSync(out).filter((name) => name.endsWith('.png'))
  } catch {
    return []
  }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20)
}

/** Several starts of the program each, on a machine that may be loaded. Unit: ms. */
const timeLimitMs = 300_000

describe('Ctrl-C', { timeout: timeLimitMs }, () => {
  it('ends a busy pleura watch with 0, after what is under way; started again it does the rest', async () => {
    const out = join(folder, 'busy')
    const args = ['watch', images, '--out', out, '--interval', '100', '--concurrency', '1']
    const watch = startPleura(...args)
    await until(async () => (await resultsIn(out)).length >= 1)
    process.kill(-watch.process.pid!, 'SIGINT')
    const { code, stderr } = await watch.ended
    expect([code, stderr]).toEqual([0, '\nEnding after what is under way. Ctrl-C again ends at once.\n'])
    const before = (await resultsIn(out)).length
    expect(before).toBeLessThan(8)
    expect((await runPleura(...args, '--until-empty')).code).toBe(0)
    const after = await readResults(out)
    expect(new Set(after.map(({ input }) => input)).size).toBe(8)
    expect(after).toHaveLength(8)
    expect(after.filter(({ outcome }) => outcome === 'not-analysed')).toEqual([])
  })

  it('ends an idle pleura watch with 0', async () => {
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    const watch = startPleura('watch', empty, '--out', join(folder, 'idle'), '--interval', '100', '--concurrency', '1')
    let stdout = ''
    watch.process.stdout!.on('data', (chunk) => {
      stdout += chunk
    })
    await until(() => stdout.includes('Watching'))
    process.kill(-watch.process.pid!, 'SIGINT')
    expect((await watch.ended).code).toBe(0)
  })

  it('ends pleura prepare with 130 and says that a rerun goes on from there, which it does', async () => {
    const out = join(folder, 'prepared')
    const args = ['prepare', images, '--out', out, '--concurrency', '1']
    const run = startPleura(...args)
    await until(() => pngsIn(out).length >= 2)
    process.kill(-run.process.pid!, 'SIGINT')
    const { code, stderr } = await run.ended
    expect(code).toBe(130)
    expect(stderr).toMatch(/Interrupted: \d+ of 8 inputs are done. Run the same command again: it goes on from there/)
    expect(readdirSync(out).filter((name) => /^prepared\.jsonl|draft/.test(name))).toEqual([])
    const finished = pngsIn(out).map((name) => [name, statSync(join(out, name)).mtimeMs] as const)
    expect(finished.length).toBeLessThan(8)
    expect((await runPleura(...args)).code).toBe(0)
    for (const [name, mtimeMs] of finished) expect([name, statSync(join(out, name)).mtimeMs]).toEqual([name, mtimeMs])
    expect((await readLines(join(out, 'prepared.jsonl'))).map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 8 }, () => 'prepared'),
    )
    expect(readdirSync(out).filter((name) => name.startsWith('.prepared'))).toEqual([])
  })

  it('does not let another full size stand for what an interrupted prepare has made', async () => {
    const out = join(folder, 'other-size')
    const run = startPleura('prepare', images, '--out', out, '--concurrency', '1')
    await until(() => pngsIn(out).length >= 1)
    process.kill(-run.process.pid!, 'SIGINT')
    await run.ended
    const [name] = pngsIn(out)
    const before = statSync(join(out, name)).mtimeMs
    await runPleura('prepare', images, '--out', out, '--full-resolution')
    expect(statSync(join(out, name)).mtimeMs).toBeGreaterThan(before)
  })
})

describe('kill -9 of the program', { timeout: timeLimitMs }, () => {
  it.each([
    ['screen', 'busy', () => images],
    ['prepare', 'busy', () => images],
    ['watch', 'busy', () => images],
    [
      'watch',
      'idle',
      () => {
        const one = join(folder, 'one-image')
        mkdirSync(one)
        copyFileSync(join(images, '0.dcm'), join(one, '0.dcm'))
        return one
      },
    ],
  ])('leaves no process of pleura %s behind, %s', async (command, state, input) => {
    const out = join(folder, `killed-${command}-${state}`)
    const run = startPleura(command, input(), '--out', out, '--concurrency', '2')
    const isAtWork = () => (command === 'prepare' ? pngsIn(out).length > 0 : hasResult(out))
    await until(isAtWork)
    const children = childrenOf(run.process.pid!)
    expect(children.length).toBeGreaterThan(0)
    process.kill(run.process.pid!, 'SIGKILL')
    await until(() => !children.some(isRunning))
  })
})

/** Whether a first image is finished: `screen` writes its list in the end only. */
function hasResult(out: string): boolean {
  try {
    return readdirSync(out, { recursive: true }).some((name) => String(name).endsWith('result.json'))
  } catch {
    return false
  }
}
