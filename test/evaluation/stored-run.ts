import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { createSeededRandom } from '../../lib/evaluation/metrics/seeded-random.ts'
import { encodeRunLength } from '../../lib/screening/finding/run-length.ts'

/** What a simulated run says of one image. */
export interface SimulatedImage {
  readonly key: string
  readonly positive: boolean
  readonly probability: number | null
  readonly reason?: string
  /** Square of air: top left corner and side, pixels; the prediction is moved by `shift`. */
  readonly square?: readonly [row: number, column: number, side: number]
  readonly shift?: number
}

export const side = 64
export const threshold = 0.4
export const hex = (key: string): string => Buffer.from(key).toString('hex').padEnd(32, '0').slice(0, 32)

function squareMask(row: number, column: number, length: number): Uint8Array {
  const mask = new Uint8Array(side * side)
  for (let r = row; r < row + length; r++) mask.fill(1, r * side + column, r * side + column + length)
  return mask
}

/** A seeded run: probabilities that tell the classes apart fairly well, masks that are a little off. */
export function simulateImages(count: number, seed: number, skill = 0.35): SimulatedImage[] {
  const random = createSeededRandom(seed)
  return Array.from({ length: count }, (_, at) => {
    const positive = at % 4 === 0
    const probability = Math.min(1, Math.max(0, 0.3 + (positive ? skill : -0.1) + (random() - 0.5) * 0.6))
    return {
      key: `image-${at}`,
      positive,
      probability: Number(probability.toFixed(4)),
      ...(positive ? { square: [10 + (at % 20), 8, 12 + (at % 9)] as const, shift: at % 5 } : {}),
    }
  })
}

/** Writes results.jsonl, result.json and mask.png as `pleura screen` does. @returns the lines written */
export async function writeRun(
  folder: string,
  images: readonly SimulatedImage[],
  model = 'model-a',
): Promise<string[]> {
  mkdirSync(folder, { recursive: true })
  const lines: string[] = []
  for (const image of images) {
    const imageId = hex(image.key)
    const called = image.probability !== null && image.probability >= threshold
    const inside = called && image.square ? image.square : null
    const area = inside ? inside[2] ** 2 : 0
    lines.push(
      JSON.stringify({
        input: `studies/${image.key}.dcm`,
        imageId,
        outcome: image.probability === null ? 'not-analysed' : called ? 'suspected' : 'not-suspected',
        reason: image.reason ?? null,
        discordant: called && area === 0,
        probability: image.probability,
        maskAreaPixels: called ? area : null,
        areaMm2: called ? area * 0.25 : null,
        side: null,
        warnings: [],
        models: [{ id: model, sha256: 'a'.repeat(64) }],
        timingsMs: { decode: 20, classification: 100, segmentation: called ? 200 : 0, total: called ? 320 : 120 },
      }),
    )
    if (image.probability === null) continue
    mkdirSync(join(folder, imageId), { recursive: true })
    writeFileSync(
      join(folder, imageId, 'result.json'),
      JSON.stringify({
        classification: { probability: image.probability, operatingPoint: { id: 'screening', threshold } },
        source: {
          rows: side,
          columns: side,
          modality: 'CR',
          viewPosition: image.key.endsWith('0') ? 'AP' : 'PA',
          pixelSpacingMm: { row: 0.5, column: 0.5, origin: 'PixelSpacing' },
        },
      }),
    )
    if (called) {
      const mask = inside
        ? squareMask(inside[0], inside[1] + (image.shift ?? 0), inside[2])
        : new Uint8Array(side * side)
      await sharp(
        mask.map((value) => value * 255),
        { raw: { width: side, height: side, channels: 1 } },
      )
        .png()
        .toFile(join(folder, imageId, 'mask.png'))
    }
  }
  writeFileSync(join(folder, 'results.jsonl'), `${lines.join('\n')}\n`)
  return lines
}

/** labels.csv and train-rle.csv of the same images. */
export function writeTables(folder: string, images: readonly SimulatedImage[]): { labels: string; rle: string } {
  mkdirSync(folder, { recursive: true })
  const labels = join(folder, 'labels.csv')
  const rle = join(folder, 'train-rle.csv')
  const rows = images.map(({ key, positive }, at) =>
    [
      key,
      Number(positive),
      `patient-${Math.floor(at / 2)}`,
      at % 3 === 0 ? 'M' : 'F',
      at === 5 ? 413 : 20 + (at % 60),
    ].join(),
  )
  writeFileSync(labels, `id,label,patient,sex,age\n${rows.join('\n')}\n`)
  const codes = images.map(({ key, square }) => {
    const code = square ? encodeRunLength(squareMask(...square), { rows: side, columns: side }) : '-1'
    return `${key}, ${code}`
  })
  writeFileSync(rle, `ImageId, EncodedPixels\n${codes.join('\n')}\n`)
  return { labels, rle }
}
