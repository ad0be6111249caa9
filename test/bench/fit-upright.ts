import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { packageRoot } from '../../lib/embedded/package-root.ts'
import { standardise } from '../../lib/screening/prepared-image/looks-upright.ts'
import { prepareImage } from '../../lib/screening/prepared-image/prepare-image.ts'
import { resample } from '../../lib/screening/prepared-image/resample.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'

/**
 * `npm run fit-upright -- --images FOLDER [--write]`: fits the template of `looksUpright` to one half of a folder of
 * upright frontal chests, chosen by a digest of their names, and shows what it does on the other half.
 */
const { values: options } = parseArgs({ options: { images: { type: 'string' }, write: { type: 'boolean' } } })
if (!options.images) throw new Error('--images FOLDER names a folder of frontal chests')

const side = 32
const last = side - 1
const pixels = side * side
const epochs = 16
const weightDecay = 0.01

type Pattern = Float32Array
const from = (place: (row: number, column: number) => number) => (pattern: Pattern) =>
  pattern.map((_, pixel) => pattern[place(Math.floor(pixel / side), pixel % side)])
const wrongs: [name: string, make: (pattern: Pattern) => Pattern][] = [
  ['upside down, mirrored', from((row, column) => (last - row) * side + column)],
  ['upside down', from((row, column) => (last - row) * side + last - column)],
  ['a quarter to the left', from((row, column) => column * side + last - row)],
  ['a quarter to the right', from((row, column) => (last - column) * side + row)],
  ['negative', (pattern) => pattern.map((value) => -value)],
]
const mirrored = from((row, column) => row * side + last - column)

const codecs = createCodecs()
const fitted: Pattern[] = []
const held: Pattern[] = []
for (const name of (await readdir(options.images)).sort()) {
  const prepared = prepareImage(await decodeRadiograph(await readFile(join(options.images, name)), codecs))
  const pattern = standardise(resample(prepared.pixels, prepared, { rows: side, columns: side }))
  const isHeld = createHash('sha256').update(name).digest()[0] % 2 === 0
  const half = isHeld ? held : fitted
  half.push(pattern)
}
await codecs.close()

const weights = new Float64Array(pixels)
let bias = 0
function logitOf(pattern: Pattern): number {
  let logit = bias
  for (let pixel = 0; pixel < pixels; pixel++) logit += weights[pixel] * pattern[pixel]
  return logit
}

/** Both classes weigh the same: every upright picture stands in once for each wrong one. */
const examples = fitted.flatMap((pattern) =>
  wrongs.flatMap(([, make]): [Pattern, 0 | 1][] => [
    [pattern, 1],
    [make(pattern), 0],
  ]),
)
let state = 1
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}
for (let epoch = 0; epoch < epochs; epoch++) {
  for (let index = examples.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    ;[examples[index], examples[other]] = [examples[other], examples[index]]
  }
  const rate = 0.002 / (1 + epoch / 4)
  for (const [pattern, target] of examples) {
    const error = 1 / (1 + Math.exp(-logitOf(pattern))) - target
    for (let pixel = 0; pixel < pixels; pixel++) {
      weights[pixel] -= rate * (error * pattern[pixel] + weightDecay * weights[pixel])
    }
    bias -= rate * error
  }
}

const scale = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / 127
const stored = Int8Array.from(weights, (weight) => Math.round(weight / scale))
weights.set(Float64Array.from(stored, (weight) => weight * scale))

const warnedOf = (patterns: readonly Pattern[]): string => {
  const warned = patterns.filter((pattern) => logitOf(pattern) < 0).length
  return `${warned} of ${patterns.length} (${((100 * warned) / patterns.length).toFixed(1)} %)`
}
console.log(`fitted to ${fitted.length} chests; of the others warned of:`)
console.log(`| as they are | ${warnedOf(held)} |`)
for (const [name, make] of wrongs) console.log(`| ${name} | ${warnedOf(held.map(make))} |`)
console.log(`| mirrored | ${warnedOf(held.map(mirrored))} |`)

if (options.write) {
  const base64 = Buffer.from(stored.buffer).toString('base64')
  const file = join(packageRoot, 'lib/screening/prepared-image/upright-template.ts')
  await writeFile(
    file,
    `/** A linear model of 32 × 32 pixels. Written by \`npm run fit-upright\`; never edited by hand. */
export const uprightTemplate = {
  side: ${side},
  scale: ${scale},
  bias: ${bias},
  weightsBase64:
    '${base64}',
} as const
`,
  )
}
