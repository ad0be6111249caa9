import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { AppendJournal } from '../../lib/embedded/append-journal.ts'
import { readJsonLines } from '../../lib/embedded/json-lines.ts'
import { OrderedLines } from '../../lib/embedded/ordered-lines.ts'

// Legal in names of files; to Python's `splitlines`, and to Node's readline, each of them ends a line.
const separators = ['\u2028', '\u2029']
const lines = separators.map((separator) => ({ input: `scan${separator}1.dcm` }))
const values = async (file: string) => {
  const read: unknown[] = []
  for await (const value of readJsonLines(file)) read.push(value)
  return read
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'json-lines-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('names with separators of lines tear no line of a file in the order of its inputs', async () => {
  const file = join(folder, 'ordered.jsonl')
  const ordered = await OrderedLines.create(file)
  for (const [position, line] of lines.entries()) ordered.put(position, line)
  await ordered.close()
  expect(await readFile(file, 'utf8')).not.toMatch(/[\u2028\u2029]/)
  expect(await values(file)).toEqual(lines)
})

it('nor one of a file that only grows', async () => {
  const file = join(folder, 'grows.jsonl')
  const journal = await AppendJournal.open(file)
  for (const line of lines) await journal.append(line)
  await journal.close()
  expect(await readFile(file, 'utf8')).not.toMatch(/[\u2028\u2029]/)
  expect(await values(file)).toEqual(lines)
})
