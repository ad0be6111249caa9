import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WorkerKind } from '../../lib/adapters/codecs/codec-messages.ts'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { memoryLimitBytes, timeLimitMs } from '../../lib/adapters/codecs/frame-limits.ts'
import type { EncodedFrame } from '../../lib/screening/kernel/ports.ts'

const folder = mkdtempSync(join(tmpdir(), 'pleura-limits-'))
afterAll(() => rmSync(folder, { recursive: true }))
const large = { rows: 3000, columns: 3000 }

describe('the time of a frame', () => {
  it.each<[WorkerKind, number]>([
    ['jpeg-lossless', 4700],
    ['jpeg-12', 5600],
    ['jpeg-ls', 7400],
    ['htj2k', 7400],
    ['jpeg-2000', 15_500],
  ])('of %s and 3000 × 3000 pixels is %d ms', (kind, expected) => {
    expect(timeLimitMs(kind, large)).toBeCloseTo(expected, 6)
  })

  it('is two seconds for the codec and what the pixels add', () => {
    expect(timeLimitMs('jpeg-lossless', { rows: 354, columns: 333 })).toBeCloseTo(2035.4, 1)
  })

  it('is at most a minute, three times what the largest picture takes', () => {
    expect(timeLimitMs('jpeg-2000', { rows: 8000, columns: 8000 })).toBe(60_000)
  })
})

describe('the memory of a frame', () => {
  const program = join(folder, 'hungry.mjs')
  const frame: EncodedFrame = {
    kind: 'jpeg-2000',
    codestream: new Uint8Array(1000),
    rows: 100,
    columns: 100,
    bitsAllocated: 16,
    bitsStored: 12,
    signed: false,
  }
  beforeAll(async () => {
    // A codec that takes as much memory as its frame has columns, in MiB, and says how much it got.
    const contents = `
      import { parentPort } from 'node:worker_threads'
      import { memoryLimitBytes } from './lib/adapters/codecs/frame-limits.ts'
      import { limitWebAssemblyMemory } from './lib/adapters/codecs/limit-web-assembly-memory.ts'
      const memory = new WebAssembly.Memory({ initial: 1 })
      parentPort.postMessage('ready')
      parentPort.on('message', ({ frame }) => {
        limitWebAssemblyMemory(memoryLimitBytes(frame, frame.codestream.length))
        let detail = 'given'
        try { memory.grow(16 * frame.columns - memory.buffer.byteLength / 65536) } catch (error) { detail = error.name }
        parentPort.postMessage({ outcome: 'refused', detail })
        parentPort.close()
      })`
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: join(import.meta.dirname, '../..') },
      bundle: true,
      platform: 'node',
      format: 'esm',
      write: false,
    })
    writeFileSync(program, outputFiles[0].text)
  })

  it.each([
    [90, 'given'],
    [100, 'RangeError'],
    [2000, 'RangeError'],
  ])('that a codec asks for is counted where it is WebAssembly: of %d MiB, %s', async (columns, detail) => {
    const codecs = createCodecs({ workerFile: program })
    const refused = codecs.decodeFrame({ ...frame, columns, rows: 10 })
    await expect(refused).rejects.toMatchObject({ code: 'corrupt-pixel-data', cause: { message: detail } })
    await codecs.close()
  })

  it('is 96 MiB and 16 bytes for each pixel', () => {
    expect(memoryLimitBytes(large, 0)).toBe(96 * 2 ** 20 + 16 * 9_000_000)
  })
})
