import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, relative } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { imageIdOf, sha256Hex } from '../../lib/screening/kernel/identifiers.ts'
import { describeSource } from '../../lib/screening/radiograph/describe-source.ts'
import { wordsIn } from '../result-documents/planted-source.ts'
import { readResults, runPleura } from './run-pleura.ts'

const imageCount = 3
let folder: string
let studies: string
let key: string
/** What the studies say of their patients, and the names of their files. */
let words: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pleura-deidentify-'))
  await writePhantomSet({ count: imageCount, outDir: join(folder, 'made'), seed: 11, rows: 256 })
  const files = (await filesBelow(join(folder, 'made'))).filter((file) => file.endsWith('.dcm'))
  studies = join(folder, 'Doe^Jane')
  await mkdir(studies)
  words = ['Doe^Jane', 'DOEFILE', '19600101']
  for (const [index, file] of files.entries()) {
    const bytes = await readFile(file)
    const { identity } = describeSource(bytes)!
    const told = ['PatientName', 'PatientID', 'StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'] as const
    words.push(imageIdOf(bytes), ...told.map((keyword) => identity![keyword]!).filter((value) => value.length > 3))
    if (identity?.StudyDate) words.push(identity.StudyDate)
    await copyFile(file, join(studies, `DOEFILE 19600101 ${index}.dcm`))
  }
  expect(words.length).toBeGreaterThan(3 + imageCount * 4)
  await writeFile(join(studies, 'DOEFILE notes.txt'), 'no picture')
  await writeFile(join(studies, 'DOEFILE broken.dcm'), (await readFile(files[0])).subarray(0, 900))
  key = join(folder, 'key')
  await writeFile(key, 'Ye7rzsHsT3qgXkXvCjlv0cN2yWwGmJbF1aPz9dKqL4s=\n', { mode: 0o600 })
}, 300_000)

let out: string
beforeEach(async () => {
  out = join(await mkdtemp(join(tmpdir(), 'pleura-deidentified-')), 'out')
})

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  // Its name counts the programs that have held the folder.
  return files.filter((file) => !file.includes('/.lock/'))
}

const told = async (root: string): Promise<[string, string[]][]> => {
  const files = await filesBelow(root)
  const hits: [string, string[]][] = []
  for (const file of files) {
    const inside = [...wordsIn(await readFile(file), words), ...wordsIn(Buffer.from(relative(root, file)), words)]
    if (inside.length > 0) hits.push([relative(root, file), inside])
  }
  return hits
}

/** Of all that does not tell how long it took. */
async function digestsOf(root: string): Promise<Map<string, string>> {
  const files = (await filesBelow(root)).filter((file) => !/result(s|\.json)/.test(basename(file))).sort()
  return new Map(await Promise.all(files.map(async (file) => [file, sha256Hex(await readFile(file))] as const)))
}

const screen = (...more: string[]) =>
  runPleura('screen', studies, '--out', out, '--documents', 'all', '--concurrency', '1', ...more)

describe('--deidentify', { timeout: 300_000 }, () => {
  it('leaves nothing of the patients in any file or name, nor in what --json prints', async () => {
    const { code, stdout, stderr } = await screen('--deidentify', key, '--json')
    expect([code, stderr]).toEqual([2, ''])
    expect(wordsIn(Buffer.from(stdout), words)).toEqual([])
    expect(await told(out)).toEqual([])
    const lines = await readResults(out)
    expect(lines.filter(({ probability }) => probability !== null)).toHaveLength(imageCount)
    expect(lines.some(({ outcome }) => outcome === 'suspected')).toBe(true)
    expect(new Set(lines.map(({ input }) => input)).size).toBe(lines.length)
    for (const { imageId, reason } of lines.filter(({ reason }) => reason !== 'not-a-picture')) {
      const result = JSON.parse(await readFile(join(out, imageId!, 'result.json'), 'utf8'))
      expect(result.imageId).toBe(imageId)
      expect(result.deidentification.methodCodes).toContain('113100')
      if (reason !== null) expect(result.outcome).toBe('not-analysed')
    }
  })

  it('reuses its results, names the files on the screen, and makes the same when forced to', async () => {
    await screen('--deidentify', key)
    const documents = await digestsOf(out)
    expect(documents.size).toBeGreaterThan(imageCount * 3)
    const again = await screen('--deidentify', key)
    expect(again.stdout).toContain('DOEFILE 19600101 0.dcm')
    expect(again.stdout).toMatch(/^0 screened now/m)
    await screen('--deidentify', key, '--force')
    expect(await digestsOf(out)).toEqual(documents)
  })

  it('finds what would be told without it', async () => {
    await screen()
    expect((await told(out)).map(([file]) => basename(file))).toEqual(
      expect.arrayContaining(['fhir.json', 'oru.hl7', 'result.json', 'results.jsonl', 'structured-report.dcm']),
    )
  })

  it('mixes neither keys nor identified and de-identified results in a folder', async () => {
    const other = join(folder, 'other-key')
    await writeFile(other, 'X0aP1m5sV9kQ3tZ7wB2nR6yC8uE4jH0gL5dF1iS9oKk=', { mode: 0o600 })
    await screen('--deidentify', key)
    const files = await filesBelow(out)
    for (const more of [['--deidentify', other], []]) {
      const { code, stderr } = await screen(...more)
      expect(code).toBe(1)
      expect(stderr).toMatch(/another key|Add --deidentify with their key/)
    }
    expect(await filesBelow(out)).toEqual(files)
    out = `${out}-identified`
    await screen()
    const { code, stderr } = await screen('--deidentify', key)
    expect([code, stderr]).toEqual([1, expect.stringContaining('holds results that are not de-identified')])
  })

  it('watches: each file once, and nothing of it in what is to be shared', async () => {
    const watch = () =>
      runPleura(
        'watch',
        studies,
        '--out',
        out,
        '--documents',
        'all',
        '--concurrency',
        '1',
        '--interval',
        '100',
        '--json',
        '--until-empty',
        '--deidentify',
        key,
      )
    const first = await watch()
    expect([first.code, wordsIn(Buffer.from(first.stdout), words)]).toEqual([0, []])
    const lines = await readResults(out)
    // The queue is a working state: it has to name the files that it waits for.
    expect((await told(out)).map(([file]) => file).filter((file) => !file.startsWith('.watch/'))).toEqual([])
    const second = await watch()
    expect([second.code, second.stdout]).toEqual([0, ''])
    expect(await readResults(out)).toEqual(lines)
    const { mtimeMs } = await stat(join(studies, 'DOEFILE 19600101 0.dcm'))
    expect(JSON.stringify(lines)).not.toContain(String(mtimeMs))
  })
})

describe('a key', { timeout: 120_000 }, () => {
  const keyFile = async (content: string | Uint8Array, mode = 0o600): Promise<string> => {
    const file = join(await mkdtemp(join(tmpdir(), 'pleura-key-')), 'key')
    await writeFile(file, content, { mode })
    await chmod(file, mode)
    return file
  }

  it.each([
    ['too short', 'short', /has 5 bytes; a key has at least 32/],
    ['empty', '\n', /has 0 bytes/],
    ['no secret', 'a'.repeat(64), /no secret/],
    ['too large to be one', Buffer.alloc(5000, 'abcdefghij'), /is no key/],
  ])('that is %s is refused before anything is written', async (_, content, message) => {
    const { code, stderr } = await screen('--deidentify', await keyFile(content))
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)])
    await expect(stat(out)).rejects.toThrow('ENOENT')
  })

  it('that is not there, or a folder, is refused', async () => {
    for (const file of [join(folder, 'none'), folder]) {
      const { code, stderr } = await screen('--deidentify', file)
      expect([code, stderr]).toEqual([1, expect.stringContaining('cannot be read')])
    }
  })

  it('that others can read is warned of', async () => {
    const open = await keyFile(await readFile(key), 0o644)
    const { code, stderr } = await screen('--deidentify', open)
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^warn: key-readable-by-others file=.* permissions=644/)])
  })

  it('goes with no bucket: the cloud does not de-identify', async () => {
    const options = ['--bucket', 'b', '--tenant', 'north', '--deidentify', key]
    const { code, stderr } = await runPleura('listen', '--out', out, ...options)
    expect([code, stderr]).toEqual([1, expect.stringContaining('the cloud does not de-identify')])
  })
})
