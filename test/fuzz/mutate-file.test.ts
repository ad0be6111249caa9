import { describe, expect, it } from 'vitest'
import { createRandom } from '../../lib/phantom/seeded-random.ts'
import { buildDicom, syntaxes } from '../radiograph/build-dicom.ts'
import { damageFrame, damageKinds } from './damage-frame.ts'
import { locateElement, locateFragments } from './locate-elements.ts'
import { makeFrames, wrapFrame } from './make-frames.ts'
import { mutateFile, mutations } from './mutate-file.ts'
import { seedFiles } from './seed-files.ts'

const [frame] = (await makeFrames(1, { count: 1, rows: 160, columns: 160 })).filter(
  ({ codec }) => codec === 'JPEG 2000',
)

describe('a mutation', () => {
  const window = buildDicom({
    elements: [
      [0x0028, 0x1050, 'DS', '2000'],
      [0x0028, 0x1051, 'DS', '4000'],
      [0x0028, 0x3010, 'SQ', [[[0x0028, 0x3002, 'US', [4, 0, 16]]]]],
    ],
  })

  it.each(Object.keys(mutations))('of %s changes a file that has it', (name) => {
    const random = createRandom(1, name)
    const file = name === 'windows' || name === 'luts' || name === 'numbers' ? window : wrapFrame(frame)
    const changes = Array.from({ length: 40 }, () => mutations[name](Uint8Array.from(file), random))
    expect(changes.some((changed) => changed && Buffer.compare(changed, file) !== 0)).toBe(true)
  })

  it.each(['fragments', 'tiles', 'markers', 'damage', 'windows', 'luts'])(
    'of %s leaves alone what has none',
    (name) => {
      expect(mutations[name](buildDicom(), createRandom(1))).toBeNull()
    },
  )

  it('is the same for the same seed', () => {
    const make = (seed: number) => mutateFile(wrapFrame(frame), createRandom(seed))
    expect(make(5)).toEqual(make(5))
    expect(make(5)).not.toEqual(make(6))
  })
})

it.each(damageKinds)('damage with %s changes a frame and leaves its header', (kind) => {
  const damaged = damageFrame(frame.bytes, kind, createRandom(2))
  expect(Buffer.compare(damaged, frame.bytes)).not.toBe(0)
  expect(damaged.subarray(0, 100)).toEqual(frame.bytes.subarray(0, 100))
})

describe('an element', () => {
  it.each([
    ['explicit', syntaxes.explicit],
    ['implicit', syntaxes.implicit],
  ])('is found in an %s file', (_, transferSyntax) => {
    const file = buildDicom({ transferSyntax })
    const rows = locateElement(file, 0x0028, 0x0010)
    expect(rows?.length).toBe(2)
    expect(new DataView(file.buffer).getUint16(rows?.valueAt ?? 0, true)).toBe(130)
  })

  it('that is not there is not found', () => {
    expect(locateElement(buildDicom(), 0x0040, 0x0040)).toBeNull()
    expect(locateFragments(buildDicom())).toEqual([])
  })

  it('of encapsulated pixel data gives its fragments', () => {
    expect(locateFragments(wrapFrame(frame)).map(({ length }) => length)).toEqual([0, frame.bytes.length])
  })
})

it('seeds hold every phantom format and every codec', async () => {
  const names = (await seedFiles(1)).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['phantom DX htj2k-lossless', 'JPEG extended, 12 bits of 12 bits']))
  expect(names.length).toBeGreaterThanOrEqual(26)
})
