import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { describeFailure } from '../../lib/cli/failed-program.ts'
import { OrderedLines } from '../../lib/embedded/ordered-lines.ts'
import { lockOutputFolder } from '../../lib/embedded/output-lock.ts'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { runPleura, startPleura, startPleuraWith } from './run-pleura.ts'

let folder: string
let images: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pleura-mistakes-'))
  images = join(folder, 'made/dicom-images-train')
  await writePhantomSet({ count: 4, outDir: join(folder, 'made'), seed: 5, rows: 128 })
})

describe('an ordinary mistake', () => {
  it.each([
    ['a misspelt option', ['screen', '.', '--oot', 'x'], 1, /unknown option '--oot' \(Did you mean --out\?\)/],
    ['an output on a pseudo file system', ['screen', '.', '--out', '/proc/foo'], 1, /--out \/proc\/foo cannot be used/],
    ['a size beyond sense', ['phantom', '--count', '1', '--size', '1000000', '--out', 'x'], 1, /from 64 to 4096/],
    ['a path that is not there', ['prepare', '/no/such', '--out', 'x'], 1, /\/no\/such cannot be opened/],
  ])('is one line with the remedy, in text and in JSON: %s', async (_, args, code, message) => {
    const text = await runPleura(...args)
    expect(text.code).toBe(code)
    expect(text.stderr.trim().split('\n')).toEqual([expect.stringMatching(message)])
    const json = await runPleura(...args, '--log', 'json')
    expect(
      json.stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([{ time: expect.any(String), level: 'error', event: 'failed', message: expect.stringMatching(message) }])
  })

  it.each(['screen', 'prepare'])('is an empty folder, or notes alone: %s exits with 4 and says so', async (command) => {
    const empty = join(folder, `empty-${command}`)
    mkdirSync(empty)
    const out = join(folder, `empty-out-${command}`)
    const list = join(out, command === 'screen' ? 'results.jsonl' : 'prepared.jsonl')
    mkdirSync(out)
    writeFileSync(list, 'of an earlier run')
    expect(await runPleura(command, empty, '--out', out)).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringMatching(/^pleura: There is no picture in .*mounted\?\n$/),
    })
    writeFileSync(join(empty, 'README.txt'), 'notes')
    expect(await runPleura(command, empty, '--out', out)).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringMatching(/^pleura: There is no picture in .* \(1 set aside.*\n$/),
    })
    expect(readFileSync(list, 'utf8')).toBe('of an earlier run')
    rmSync(list)
    await runPleura(command, empty, '--out', out)
    expect(readFileSync(list, 'utf8')).toContain('not-a-picture')
  })

  it.each([
    ['explore', []],
    ['prepare-dataset', []],
    ['evaluate', ['--labels', 'LABELS', '--images']],
  ])('is an empty folder: %s exits with 4 and says so', async (command, before) => {
    const empty = join(folder, `empty-${command}`)
    mkdirSync(empty)
    const labels = join(folder, 'labels.csv')
    writeFileSync(labels, 'id,label\na,1\n')
    const words = [...before.map((word) => (word === 'LABELS' ? labels : word)), empty]
    expect(await runPleura(command, ...words, '--out', join(folder, `empty-out-${command}`))).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/^pleura: There is no picture in .*mounted\?\n$/),
    })
  })

  it.each([
    ['a price table that is no JSON', ['cost', '--images-per-day', '9', '--prices', 'BAD'], /is not JSON/],
    ['a price table of another form', ['cost', '--images-per-day', '9', '--prices', 'LIST'], /is no price table/],
    ['a profile that is no JSON', ['models', '--models', 'MODELS'], /profile.json is not JSON/],
    ['a folder of labels', ['explore', '.', '--labels', '.', '--out', 'x'], /Cannot read/],
    ['a store that is not there', ['usage', '--tenant', 'a', '--month', '2026-10', '--store', '/no'], /not a folder/],
    ['a queue without a URL', ['dead-letters', 'list', '--queue-url', 'x', '--bucket', 'b'], /expected a URL/],
    ['a data set that is not there', ['prepare-dataset', '/no/such', '--out', 'x'], /is not a folder/],
    ['a folder to watch that is not there', ['watch', '/no/such', '--out', 'OUT'], /not a folder that can be watched/],
  ])('is one line without a stack: %s', async (_, words, message) => {
    const files = { BAD: join(folder, 'bad.json'), LIST: join(folder, 'list.json'), MODELS: join(folder, 'models') }
    mkdirSync(files.MODELS, { recursive: true })
    for (const file of [files.BAD, join(files.MODELS, 'profile.json')]) writeFileSync(file, '{"half":')
    writeFileSync(files.LIST, '[]')
    const places: Record<string, string> = { ...files, OUT: join(folder, 'nowhere-out') }
    const { code, stdout, stderr } = await runPleura(...words.map((word) => places[word] ?? word))
    expect([code, stdout, stderr.split('\n')]).toEqual([1, '', [expect.stringMatching(message), '']])
  })

  it.each([
    [['usage', '--tenant', 'a', '--month', '2026-10', '--bucket', 'b']],
    [['dead-letters', 'list', '--queue-url', 'http://127.0.0.1:9/1/q', '--bucket', 'b']],
    [['smoke', '--tenant', 'a', '--bucket', 'b']],
  ])('is a cloud without region or without credentials: %j', async (words) => {
    const bare = { PATH: process.env.PATH, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true', NODE_NO_WARNINGS: '1' }
    const run = async (env: NodeJS.ProcessEnv) => {
      const { code, stderr } = await startPleuraWith({ env }, ...words).ended
      return [code, stderr]
    }
    expect(await run(bare)).toEqual([1, expect.stringMatching(/^pleura: No region.*\n$/)])
    const there = { ...bare, AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }
    expect(await run(there)).toEqual([1, expect.stringMatching(/^pleura: No credentials.*\n$/)])
  })

  it.each([
    ...['screen', 'prepare', 'watch', 'models', 'phantom', 'explore', 'prepare-dataset', 'evaluate', 'monitor'],
    ...['demo', 'deploy-check', 'smoke', 'usage', 'cost', 'dead-letters'],
  ])('is an option that there is not, in pleura %s', async (command) => {
    const { code, stdout, stderr } = await runPleura(command, '--no-such-option')
    expect([code, stdout, stderr]).toEqual([1, '', "pleura: unknown option '--no-such-option'. Try --help.\n"])
  })
})

describe('a full disk', () => {
  it('leaves no draft and no half list', async () => {
    const file = join(folder, 'full/results.jsonl')
    mkdirSync(join(folder, 'full'))
    symlinkSync('/dev/full', `${file}.draft`)
    const lines = await OrderedLines.create(file)
    lines.put(0, {})
    await expect(lines.close()).rejects.toMatchObject({ code: 'ENOSPC' })
    await lines.discard()
    expect(readdirSync(join(folder, 'full'))).toEqual([])
  })

  it.each([
    ['ENOSPC', /no space, or no inodes, left. Make room and run the same command again/],
    ['EDQUOT', /quota/],
    ['EROFS', /read-only/],
    ['EACCES', /may not be opened/],
    ['EMFILE', /--concurrency/],
    ['EIO', /Check the disk/],
  ])('and its like end the program with one message: %s', (code, message) => {
    const failure = describeFailure(Object.assign(new Error('low level'), { code, path: '/x' }))
    expect(failure).toMatchObject({ exitCode: 1, message: expect.stringMatching(message), stack: null })
  })
})

describe('an output folder', () => {
  it.each(['screen', 'prepare', 'watch'])(
    'that another program writes to is refused to %s, which names the holder',
    async (command) => {
      const out = join(folder, `held-${command}`)
      const unlock = await lockOutputFolder(out, 'watch')
      const { code, stderr } = await runPleura(command, images, '--out', out)
      await unlock()
      expect(code).toBe(1)
      expect(stderr).toMatch(new RegExp(`in use by pleura watch \\(process ${process.pid} on .*, since 20`))
    },
  )
})

describe('Ctrl-C', () => {
  it('ends pleura screen with 130 and says that a rerun goes on from there, which it does', async () => {
    const out = join(folder, 'interrupted')
    const { process: running, ended } = startPleura('screen', images, '--out', out, '--concurrency', '1')
    while (!existsSync(join(out, '.lock/1'))) await sleep(5)
    process.kill(-running.pid!, 'SIGINT')
    const { code, stderr } = await ended
    expect([code, stderr]).toEqual([130, expect.stringMatching(/of 4 inputs are done. Run the same command again/)])
    expect(readdirSync(out).filter((name) => name.startsWith('results.jsonl'))).toEqual([])
    expect((await runPleura('screen', images, '--out', out)).code).toBe(0)
    expect(readFileSync(join(out, 'results.jsonl'), 'utf8').trim().split('\n')).toHaveLength(4)
  })
})

describe('pleura watch', () => {
  it('outlives the death of an idle screening process and ends with 0 on Ctrl-C', async () => {
    const dir = join(folder, 'watched')
    mkdirSync(dir)
    const out = join(folder, 'watched-out')
    const watch = startPleura('watch', dir, '--out', out, '--interval', '100', '--concurrency', '1')
    const children = () => {
      try {
        return execFileSync('ps', ['-o', 'pid=', '--ppid', String(watch.process.pid)])
          .toString()
          .trim()
          .split(/\s+/)
      } catch {
        return []
      }
    }
    while (children().length === 0) await sleep(50)
    await sleep(1500)
    process.kill(Number(children()[0]), 'SIGKILL')
    await sleep(500)
    mkdirSync(join(dir, 'late'))
    writeFileSync(join(dir, 'late/notes.txt'), 'no picture')
    const results = () => {
      try {
        return readFileSync(join(out, 'results.jsonl'), 'utf8')
      } catch {
        return ''
      }
    }
    while (!results().includes('not-a-picture')) await sleep(50)
    process.kill(-watch.process.pid!, 'SIGINT')
    expect((await watch.ended).code).toBe(0)
  })
})
