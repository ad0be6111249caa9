import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { loadCascade } from '../../lib/adapters/onnx/load-cascade.ts'
import { defaultModelsFolder } from '../../lib/embedded/package-root.ts'
import { drawPhantom } from '../../lib/phantom/draw-phantom.ts'
import { resample } from '../../lib/screening/prepared-image/resample.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { createVariationScreener, type Screened } from './screen-variations.ts'
import type { Picture, Variation } from './vary-presentation.ts'

/**
 * `npm run sweep [-- --chests FOLDER]`: what presentations that leave less and less to see do to the outcome, on drawn
 * phantoms or on a folder of real chests as DICOM (8 bits, shown as they are).
 */
const { values: options } = parseArgs({ options: { chests: { type: 'string' }, phantoms: { type: 'string' } } })

/** Networks see no more than this. Unit: pixels a side. */
const side = 512
const factors = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 0.7, 1, 1.4, 2, 4, 8, 16, 32]
const offsets = [-1, -0.5, -0.25, 0.25, 0.5, 1]
const bitDepths = [6, 10, 16]
const borders = [
  ['65535', 0.3],
  ['65535', 0.6],
  ['0', 0.6],
] as const
const plain: Variation = { bits: 12, factor: 1, offset: 0, border: '65535', borderShare: 0 }

const groups: [title: string, variations: Variation[]][] = [
  ...factors.map((factor): [string, Variation[]] => [`window × ${fraction(factor)}`, [{ ...plain, factor }]]),
  ...offsets.map((offset): [string, Variation[]] => [`window moved by ${offset} of its width`, [{ ...plain, offset }]]),
  ...bitDepths.map((bits): [string, Variation[]] => [
    `${bits} bits; window × 1, × 1/8, × 8, none`,
    [1, 1 / 8, 8, null].map((factor) => ({ ...plain, bits, factor })),
  ]),
  ...borders.map(([border, borderShare]): [string, Variation[]] => [
    `border of ${border}, ${Math.round(100 * borderShare)} %; window × 1, × 8, none`,
    [1, 8, null].map((factor) => ({ ...plain, border, borderShare, factor })),
  ]),
  [
    'at once: 6 or 16 bits; window × 1/8 or × 16, moved by 0.25; border of 65535, 45 %',
    [6, 16].flatMap((bits) =>
      [1 / 8, 16].map((factor) => ({ ...plain, bits, factor, offset: 0.25, borderShare: 0.45 })),
    ),
  ],
]

function fraction(factor: number): string {
  return factor < 0.7 ? `1/${1 / factor}` : String(factor)
}

async function* phantoms(count: number): AsyncGenerator<Picture> {
  const kinds = ['apical', 'lateral', 'basal', 'tension'] as const
  for (let index = 0; index < count; index++) {
    const pneumothorax =
      index % 2 === 0 ? ({ kind: kinds[(index / 2) % 4], side: 'left', extent: 'large' } as const) : null
    const view = index % 4 < 2 ? 'PA' : 'AP'
    const { values } = drawPhantom({ seed: 1300 + index, rows: side, columns: side, view, sex: 'M', pneumothorax })
    yield { name: `phantom ${index}`, rows: side, columns: side, values: Float32Array.from(values, (v) => v / 4095) }
  }
}

async function* chests(folder: string): AsyncGenerator<Picture> {
  const codecs = createCodecs()
  const policy = { ...defaultSuitabilityPolicy, minimumAgeYears: 0 }
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.dcm')).sort()) {
    const radiograph = await decodeRadiograph(await readFile(join(folder, name)), codecs, policy)
    const { values } = radiograph
    if (!(values instanceof Uint8Array)) throw new Error(`${name} does not hold 8-bit values`)
    const reduced = resample(values, radiograph, { rows: side, columns: side })
    yield { name, rows: side, columns: side, values: reduced.map((value) => value / 255) }
  }
  await codecs.close()
}

const cascade = await loadCascade(defaultModelsFolder, { executionProvider: 'cpu', threads: 1 })
const { threshold } = cascade.operatingPoint
const results = new Map<string, Screened[]>(groups.map(([title]) => [title, []]))
let pictures = 0
for await (const picture of options.chests ? chests(options.chests) : phantoms(Number(options.phantoms ?? 8))) {
  const screen = createVariationScreener(cascade, picture)
  for (const [title, variations] of groups) {
    for (const variation of variations) results.get(title)?.push(await screen(variation))
  }
  pictures++
  console.error(`${pictures}: ${picture.name}`)
}

const logit = (probability: number): number => Math.log(probability / (1 - probability))

/** How many; how far their probabilities moved, median and most; how many crossed the threshold down and up. */
function summaryOf(screened: readonly Screened[]): string {
  if (screened.length === 0) return '0'
  const pairs = screened.map(({ probability, wellPresented }): [number, number] => [
    wellPresented,
    probability as number,
  ])
  const moves = pairs.map(([from, to]) => Math.abs(logit(to) - logit(from))).sort((a, b) => a - b)
  const lost = pairs.filter(([from, to]) => from >= threshold && to < threshold).length
  const gained = pairs.filter(([from, to]) => from < threshold && to >= threshold).length
  const [median, most] = [moves[moves.length >> 1], moves[moves.length - 1]].map((move) => move.toFixed(2))
  return `${screened.length}: ${median}, ${most}; −${lost} +${gained}`
}

const renderings = ['silent', 'warned', 'replaced'] as const
console.log(`${pictures} pictures, operating point ${threshold}\n`)
console.log('| | as asked | as asked, warned | own levels, warned | not analysed |\n|---|---|---|---|---|')
for (const [title, screened] of results) {
  const cells = renderings.map((wanted) => summaryOf(screened.filter(({ rendering }) => rendering === wanted)))
  const refused = screened.filter(({ rendering }) => rendering === 'not-analysed').length
  console.log(`| ${[title, ...cells, refused].join(' | ')} |`)
}
