import { writeFileSync } from 'node:fs'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { createRandom } from '../../lib/phantom/seeded-random.ts'
import { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import { prepareImage } from '../../lib/screening/prepared-image/prepare-image.ts'
import type { PreparedImage } from '../../lib/screening/prepared-image/prepared-image.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { peakBytes } from '../radiograph/peak-bytes.ts'
import type { FuzzOutcome, FuzzReply } from './fuzz-messages.ts'
import { mutateFile } from './mutate-file.ts'
import { type SeedFile, seedFiles } from './seed-files.ts'

/** Program: mutates and prepares one file for each number it is sent, and says how it went. */
const seed = Number(process.argv[2])
const seeds = await seedFiles(seed)
const codecs = createCodecs()
const wholes = new Map<SeedFile, Promise<FuzzOutcome & { image?: PreparedImage }>>()

async function prepare(bytes: Uint8Array): Promise<FuzzOutcome & { image?: PreparedImage }> {
  try {
    const image = prepareImage(await decodeRadiograph(bytes, codecs))
    const { warnings } = image
    return { code: null, warnings, oneGreyShare: shareOfMostFrequent(image.pixels), defect: null, image }
  } catch (error) {
    const isCoded = error instanceof StudyRejectedError
    const defect = isCoded ? null : String((error as Error)?.stack ?? error)
    return { code: isCoded ? error.code : 'none', warnings: [], oneGreyShare: 0, defect }
  }
}

function shareOfMostFrequent(pixels: Uint8Array): number {
  const counts = new Uint32Array(256)
  for (const pixel of pixels) counts[pixel]++
  return counts.reduce((a, b) => Math.max(a, b)) / pixels.length
}

/** Damage that changed the picture, and of which nothing is said. */
async function isSilent(file: SeedFile, { image, warnings }: { image?: PreparedImage; warnings: readonly string[] }) {
  if (!image || warnings.includes('pixel-data-damaged')) return false
  const whole = wholes.get(file) ?? prepare(file.bytes)
  wholes.set(file, whole)
  const { image: expected } = await whole
  return !expected?.pixels.every((value, pixel) => value === image.pixels[pixel])
}

/** Lets the high-water mark start anew from here; where that cannot be, peaks add up and are too high. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {}
}

async function run(index: number): Promise<FuzzReply> {
  const random = createRandom(seed, `input ${index}`)
  const file = random.pick(seeds)
  const { bytes, made } = mutateFile(file.bytes, random)
  forgetPeak()
  const before = process.memoryUsage().rss
  const started = performance.now()
  const { image, ...outcome } = await prepare(bytes)
  const milliseconds = performance.now() - started
  const extraBytes = peakBytes() - before
  const isOnlyDamage = made.length === 1 && made[0] === 'damage'
  const silent = isOnlyDamage && (await isSilent(file, { ...outcome, ...(image && { image }) }))
  return { index, seedFile: file.name, made, ...outcome, milliseconds, extraBytes, silent }
}

process.on('message', async (index: number) => {
  process.send?.(await run(index))
})
process.send?.('ready')
