import { afterEach, describe, expect, it } from 'vitest'
import { keepStandardErrorJson } from '../../lib/cli/standard-error.ts'

const own = process.stderr.write
const warnings = process.listeners('warning')

afterEach(() => {
  process.stderr.write = own
  process.removeAllListeners('warning')
  for (const listener of warnings) process.on('warning', listener)
})

/** What arrives at standard error after `keepStandardErrorJson`. */
function kept(write: () => void): unknown[] {
  const arrived: string[] = []
  process.stderr.write = ((text: string) => {
    arrived.push(text)
    return true
  }) as typeof process.stderr.write
  keepStandardErrorJson()
  write()
  return arrived.map((line) => JSON.parse(line))
}

describe('standard error under --log json', () => {
  it.each(['null', '[1, 2]', '3', 'a word'])('makes an object of the line %j', (text) => {
    expect(kept(() => process.stderr.write(`${text}\n`))).toEqual([expect.objectContaining({ text })])
  })

  it('leaves objects as they are', () => {
    expect(kept(() => process.stderr.write('{"event":"x"}\n'))).toEqual([{ event: 'x' }])
  })

  it('joins a character that came in two chunks', () => {
    const bytes = Buffer.from('Lücke\n')
    const lines = kept(() => {
      process.stderr.write(bytes.subarray(0, 2))
      process.stderr.write(bytes.subarray(2))
    })
    expect(lines).toEqual([expect.objectContaining({ text: 'Lücke' })])
  })

  it('tells the writer when it is done', async () => {
    kept(() => {})
    await new Promise<void>((done) => process.stderr.write('a\n', () => done()))
    await new Promise<void>((done) => process.stderr.write('b\n', 'utf8', () => done()))
  })
})
