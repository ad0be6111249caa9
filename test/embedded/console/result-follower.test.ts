import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { ResultFollower } from '../../../lib/embedded/console/result-follower.ts'

const line = (name: string): string => `${JSON.stringify({ input: name, outcome: 'not-suspected' })}\n`

let path: string
let follower: ResultFollower
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'pleura-follower-')), 'results.jsonl')
  follower = new ResultFollower(path)
})

async function look(): Promise<[names: string, isNewList: boolean]> {
  const { lines, isNewList } = await follower.look()
  return [lines.map(({ input }) => input).join(' '), isNewList]
}

describe('ResultFollower', () => {
  it('waits for a list that is not there yet', async () => {
    expect(await look()).toEqual(['', true])
    expect(await look()).toEqual(['', false])
    writeFileSync(path, line('a'))
    expect(await look()).toEqual(['a', true])
  })

  it('tells each line once', async () => {
    writeFileSync(path, line('a'))
    await look()
    appendFileSync(path, line('b') + line('ü'))
    expect(await look()).toEqual(['b ü', false])
    expect(await look()).toEqual(['', false])
  })

  it('leaves the half of a line until the rest is there, in the middle of a letter too', async () => {
    const bytes = Buffer.from(line('ü'))
    const half = bytes.indexOf('ü') + 1
    writeFileSync(path, bytes.subarray(0, half))
    expect(await look()).toEqual(['', true])
    appendFileSync(path, bytes.subarray(half))
    expect(await look()).toEqual(['ü', false])
  })

  it('starts anew where another file has taken the place, or the list was cut', async () => {
    writeFileSync(path, line('a') + line('b'))
    await look()
    writeFileSync(`${path}.new`, line('c') + line('d') + line('e'))
    renameSync(`${path}.new`, path)
    expect(await look()).toEqual(['c d e', true])
    writeFileSync(path, line('f'))
    expect(await look()).toEqual(['f', true])
    rmSync(path)
    expect(await look()).toEqual(['', true])
  })

  it('passes over what is no line of results', async () => {
    writeFileSync(path, `{"input": 3}\nnotes\n[]\nnull\n{"input":"x","outcome":"fine"}\n${line('a')}`)
    expect(await look()).toEqual(['a', true])
  })
})
