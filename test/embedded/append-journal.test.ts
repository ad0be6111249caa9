import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { AppendJournal } from '../../lib/embedded/append-journal.ts'

let file: string
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'pleura-journal-')), 'journal.jsonl')
})

async function linesOf(): Promise<unknown[]> {
  const lines: unknown[] = []
  const journal = await AppendJournal.open(file, (line) => lines.push(line))
  await journal.close()
  return lines
}

describe('a journal', () => {
  it('has every line again, in order, however many there are and whatever they hold', async () => {
    // Longer than what is read at once, so that letters and lines lie across its borders.
    const written = Array.from({ length: 3_000 }, (_, number) => ({
      number,
      text: `ä\u2028€𝄞 ${'x'.repeat(number % 97)}`,
    }))
    await writeFile(file, written.map((line) => `${JSON.stringify(line)}\n`).join(''))
    expect(await linesOf()).toEqual(written)
  })

  it('has a line that is longer than what is read at once', async () => {
    const long = { text: 'é'.repeat(300_000) }
    await writeFile(file, `${JSON.stringify({ first: 1 })}\n${JSON.stringify(long)}\n`)
    expect(await linesOf()).toEqual([{ first: 1 }, long])
  })

  it('cuts off a line that a kill has torn, also within a letter, and goes on behind the last whole one', async () => {
    const whole = Buffer.from(`${JSON.stringify({ text: 'ä'.repeat(50_000) })}\n`)
    const torn = Buffer.from('{"text":"ä').subarray(0, -1)
    await writeFile(file, Buffer.concat([whole, torn]))
    const journal = await AppendJournal.open<{ text: string }>(file)
    await journal.append({ text: 'next' })
    await journal.close()
    expect(await readFile(file)).toEqual(Buffer.concat([whole, Buffer.from('{"text":"next"}\n')]))
  })

  it('is empty when there is none, and passes over what is no object', async () => {
    expect(await linesOf()).toEqual([])
    await writeFile(file, 'no JSON\nnull\n17\n{"half\n{"a":1}\n')
    expect(await linesOf()).toEqual([{ a: 1 }])
  })
})
