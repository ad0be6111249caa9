import { copyFile, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { listInputs } from '../../lib/embedded/list-inputs.ts'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { readResults, runPleura, startPleura } from './run-pleura.ts'

let folder: string
let phantoms: string[]

const filesIn = async (dir: string): Promise<string[]> =>
  (await listInputs([dir], join(folder, 'none'))).map(({ path }) => path)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pleura-watch-'))
  await writePhantomSet({ count: 5, outDir: join(folder, 'made'), seed: 11, rows: 256 })
  phantoms = await filesIn(join(folder, 'made/dicom-images-train'))
})

/** A bucket with `count` files: five phantoms over and over, each copy made distinct by its trailing padding. */
async function fillBucket(name: string, count: number): Promise<string> {
  const bucket = join(folder, name)
  await mkdir(bucket)
  for (let file = 0; file < count; file++) {
    const source = await readFile(phantoms[file % phantoms.length])
    const padded = Buffer.concat([source, Buffer.alloc(2 * Math.floor(file / phantoms.length))])
    await writeFile(join(bucket, `${String(file).padStart(3, '0')}.dcm`), padded)
  }
  return bucket
}

const watch = (bucket: string, out: string, ...more: string[]) =>
  startPleura('watch', bucket, '--out', out, '--interval', '100', '--concurrency', '1', '--json', ...more)

describe('pleura watch', () => {
  it('screens what arrives, also while it runs, and ends on SIGTERM with the work done', async () => {
    const bucket = await fillBucket('arriving', 2)
    const out = join(folder, 'arriving-out')
    const { process: watcher, ended } = watch(bucket, out)
    const lines = () => readResults(out).catch(() => [])
    while ((await lines()).length < 2) await sleep(100)
    await copyFile(phantoms[2], join(bucket, 'late.dcm'))
    await writeFile(join(bucket, 'notes.txt'), 'no image')
    while ((await lines()).length < 4) await sleep(100)
    watcher.kill('SIGTERM')
    expect((await ended).code).toBe(0)
    const results = await readResults(out)
    expect(results.map((line) => line.input).sort()).toEqual(
      ['000.dcm', '001.dcm', 'late.dcm', 'notes.txt'].map((name) => join(bucket, name)),
    )
    expect(results.filter((line) => line.outcome === 'not-analysed').map((line) => line.reason)).toEqual([
      'not-a-picture',
    ])
  })

  it('loses nothing and does nothing twice when killed again and again', async () => {
    const bucket = await fillBucket('killed', 20)
    const out = join(folder, 'killed-out')
    let kills = 0
    // Seeded pauses, so that the kills fall at other points of the work each time.
    for (let pause = 650; kills < 8; pause = 500 + ((pause * 7919) % 900)) {
      const { process: watcher, ended } = watch(bucket, out)
      await sleep(pause)
      process.kill(-watcher.pid!, 'SIGKILL')
      await ended
      kills++
    }
    expect((await watch(bucket, out, '--until-empty').ended).code).toBe(0)
    const results = await readResults(out)
    expect(results.map((line) => line.input).sort()).toEqual(await filesIn(bucket))
    expect(results.filter((line) => line.outcome === 'not-analysed')).toEqual([])
    for (const line of results) {
      const result = JSON.parse(await readFile(join(out, line.imageId!, 'result.json'), 'utf8'))
      expect(result.outcome).toBe(line.outcome)
    }
  })

  it('starts again after a kill that tore its journals', async () => {
    const bucket = await fillBucket('torn', 2)
    const out = join(folder, 'torn-out')
    await watch(bucket, out, '--until-empty').ended
    const whole = await readFile(join(out, 'results.jsonl'), 'utf8')
    const lines = whole.trimEnd().split('\n')
    await writeFile(join(out, 'results.jsonl'), `${lines[0]}\n${lines[1].slice(0, 40)}`)
    await writeFile(join(out, '.watch/queued.jsonl'), '{"path":"/tor')
    expect((await watch(bucket, out, '--until-empty').ended).code).toBe(0)
    expect((await readResults(out)).map((line) => line.input).sort()).toEqual(await filesIn(bucket))
  })

  it('gives a file that changed a second line, and one that was only touched none', async () => {
    const bucket = await fillBucket('changed', 2)
    const out = join(folder, 'changed-out')
    await watch(bucket, out, '--until-empty').ended
    await copyFile(phantoms[3], join(bucket, '000.dcm'))
    await writeFile(join(bucket, '001.dcm'), await readFile(join(bucket, '001.dcm')))
    await watch(bucket, out, '--until-empty').ended
    const results = await readResults(out)
    expect(results.map((line) => line.input.slice(-7)).sort()).toEqual(['000.dcm', '000.dcm', '001.dcm'])
    expect(new Set(results.map((line) => line.imageId)).size).toBe(3)
  })

  it('tries again what the system failed over, once in each run', async () => {
    const bucket = await fillBucket('failed', 1)
    const out = join(folder, 'failed-out')
    expect((await watch(bucket, out, '--until-empty').ended).code).toBe(0)
    const [line] = await readResults(out)
    const failed = { ...line, outcome: 'not-analysed', reason: 'system-failure', probability: null }
    await writeFile(join(out, 'results.jsonl'), `${JSON.stringify(failed)}\n`)
    for (let run = 0; run < 2; run++) expect((await watch(bucket, out, '--until-empty').ended).code).toBe(0)
    expect((await readResults(out)).map(({ reason }) => reason)).toEqual(['system-failure', line.reason])
  })

  it('refuses a second watcher over the same results', async () => {
    const bucket = await fillBucket('locked', 1)
    const out = join(folder, 'locked-out')
    const { process: watcher, ended } = watch(bucket, out)
    while ((await readResults(out).catch(() => [])).length < 1) await sleep(50)
    const second = await runPleura('watch', bucket, '--out', out)
    expect(second.code).toBe(1)
    expect(second.stderr).toMatch(/is in use by pleura watch \(process \d+ on .*, since .*\)/)
    watcher.kill('SIGTERM')
    await ended
  })

  it('adds again what is missing where screen has replaced its list', async () => {
    const bucket = await fillBucket('replaced', 2)
    const out = join(folder, 'replaced-out')
    await watch(bucket, out, '--until-empty').ended
    expect((await runPleura('screen', phantoms[4], '--out', out)).code).toBe(0)
    expect((await readResults(out)).map((line) => line.input)).toEqual([phantoms[4]])
    expect((await watch(bucket, out, '--until-empty').ended).code).toBe(0)
    expect((await readResults(out)).map((line) => line.input).sort()).toEqual(
      [phantoms[4], ...(await filesIn(bucket))].sort(),
    )
  })

  it('passes over lines of its journals that are no JSON', async () => {
    const bucket = await fillBucket('odd-lines', 1)
    const out = join(folder, 'odd-lines-out')
    await mkdir(join(out, '.watch'), { recursive: true })
    await writeFile(join(out, 'results.jsonl'), 'no JSON\nnull\n')
    await writeFile(join(out, '.watch/queued.jsonl'), '{"half\n17\n')
    expect(await watch(bucket, out, '--until-empty').ended).toMatchObject({ code: 0, stderr: '' })
    expect((await readFile(join(out, 'results.jsonl'), 'utf8')).split('\n')).toEqual([
      'no JSON',
      'null',
      expect.stringContaining('000.dcm'),
      '',
    ])
  })
})
