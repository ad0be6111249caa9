import { afterAll, describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { codecNames, type MadeFrame, makeFrames, wrapFrame } from '../fuzz/make-frames.ts'

const codecs = createCodecs()
afterAll(() => codecs.close())

const frames = await makeFrames(3, { count: 1, rows: 256, columns: 224 })
const all = frames.map((frame) => [`${frame.codec} of ${frame.bitsStored} bits`, frame] as const)

/** The code, or the warnings where it was decoded. */
async function outcomeOf(frame: MadeFrame, bytes: Uint8Array): Promise<string | readonly string[]> {
  try {
    return (await decodeRadiograph(wrapFrame(frame, bytes), codecs)).warnings
  } catch (error) {
    if (error instanceof StudyRejectedError) return error.code
    throw error
  }
}

const withEnd = (bytes: Uint8Array): Uint8Array => new Uint8Array(Buffer.concat([bytes, Buffer.from([0xff, 0xd9])]))
const at = (bytes: Uint8Array, share: number): number => Math.floor(bytes.length * share)

it('is tried with every codec', () => {
  expect(new Set(frames.map(({ codec }) => codec))).toEqual(new Set(codecNames))
})

describe('a whole frame', () => {
  it.each(all)('of %s is decoded without a word', async (_, frame) => {
    expect(await outcomeOf(frame, frame.bytes)).toEqual([])
  })

  const withMarkers = all.filter(([, { codec }]) => codec !== 'RLE')
  it.each(withMarkers)('of %s may be followed by 40 zeros', async (_, frame) => {
    expect(await outcomeOf(frame, new Uint8Array(Buffer.concat([frame.bytes, Buffer.alloc(40)])))).toEqual([])
  })
})

describe('a damaged frame', () => {
  it.each(all.flatMap(([name, frame]) => [0.3, 0.6, 0.95].map((share) => [share, name, frame] as const)))(
    'cut at %d of its length and ended again is refused: %s',
    async (share, _, frame) => {
      const cut = withEnd(frame.bytes.subarray(0, at(frame.bytes, share)))
      expect(await outcomeOf(frame, cut)).toBe('corrupt-pixel-data')
    },
  )

  it.each(all)('with zeros in its middle is refused or warned of: %s', async (_, frame) => {
    const damaged = Uint8Array.from(frame.bytes).fill(0, at(frame.bytes, 0.4), at(frame.bytes, 0.6))
    const outcome = await outcomeOf(frame, damaged)
    if (typeof outcome === 'string') expect(outcome).toBe('corrupt-pixel-data')
    else expect(outcome).toContain('pixel-data-damaged')
  })

  it.each(all)('that repeats a part of itself is refused or warned of: %s', async (_, frame) => {
    const damaged = Uint8Array.from(frame.bytes)
    damaged.copyWithin(at(damaged, 0.5), at(damaged, 0.2), at(damaged, 0.4))
    const outcome = await outcomeOf(frame, damaged)
    if (typeof outcome === 'string') expect(outcome).toBe('corrupt-pixel-data')
    else expect(outcome).toContain('pixel-data-damaged')
  })
})
