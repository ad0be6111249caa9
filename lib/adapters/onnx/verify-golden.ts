import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { classify } from '../../screening/classification/classify.ts'
import { buildInputTensor } from '../../screening/classification/input-tensor.ts'
import { type ModelBundle, operatingPointOf } from '../../screening/classification/model-bundle.ts'
import type { GreyImage } from '../../screening/kernel/grey-image.ts'
import type { InferenceSession, PixelCodecs } from '../../screening/kernel/ports.ts'
import { noTurn } from '../../screening/prepared-image/upright.ts'
import { projectMask, segment } from '../../screening/segmentation/segment.ts'

export interface GoldenCheck {
  readonly golden: string
  readonly passed: boolean
  readonly found: string
}

/** Runs a bundle's golden files, written by the training package, through our own code: tensor and picture. */
export async function verifyGolden(
  folder: string,
  bundle: ModelBundle,
  session: InferenceSession,
  codecs: PixelCodecs,
): Promise<GoldenCheck[]> {
  const checks: GoldenCheck[] = []
  for (const golden of bundle.golden) {
    if (golden.kind === 'tensor') {
      const outputs = await session.run({
        data: await readFloats(join(folder, golden.input)),
        shape: golden.inputShape,
      })
      const found = outputs.get(golden.outputName)
      const error = found ? maxAbsError(found.data, await readFloats(join(folder, golden.output))) : Number.NaN
      const passed = error <= golden.maxAbsError
      checks.push({ golden: golden.input, passed, found: `error ${error.toExponential(1)} of ${golden.maxAbsError}` })
      continue
    }
    const picture = await readGrey(join(folder, golden.input), codecs)
    const tensor = buildInputTensor(picture, noTurn, bundle.input)
    if (bundle.task === 'classification' && 'probability' in golden) {
      const point = operatingPointOf(bundle, bundle.defaultOperatingPoint)
      const { probability } = await classify(session, bundle, point, tensor)
      checks.push({
        golden: golden.input,
        passed: Math.abs(probability - golden.probability) <= golden.tolerance,
        found: `probability ${probability.toFixed(4)}, expected ${golden.probability.toFixed(4)} ± ${golden.tolerance}`,
      })
    } else if (bundle.task === 'segmentation' && 'mask' in golden) {
      const mask = projectMask(await segment(session, bundle, tensor), picture, noTurn)
      const dice = diceOf(mask, (await readGrey(join(folder, golden.mask), codecs)).pixels)
      checks.push({
        golden: golden.input,
        passed: dice >= golden.minimumDice,
        found: `Dice ${dice.toFixed(4)}, at least ${golden.minimumDice}`,
      })
    }
  }
  return checks
}

async function readFloats(file: string): Promise<Float32Array> {
  const bytes = await readFile(file)
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}

async function readGrey(file: string, codecs: PixelCodecs): Promise<GreyImage> {
  const { rows, columns, values } = await codecs.decodeRaster(await readFile(file))
  if (!(values instanceof Uint8Array)) throw new Error(`${file} is not an 8-bit picture`)
  return { rows, columns, pixels: values }
}

function maxAbsError(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Number.NaN
  return found.reduce((worst, value, index) => Math.max(worst, Math.abs(value - expected[index])), 0)
}

/** 1 when both are empty. */
function diceOf(a: Uint8Array, b: Uint8Array): number {
  let both = 0
  let either = 0
  for (let pixel = 0; pixel < a.length; pixel++) {
    if (a[pixel] && b[pixel]) both++
    either += (a[pixel] ? 1 : 0) + (b[pixel] ? 1 : 0)
  }
  return either === 0 ? 1 : (2 * both) / either
}
