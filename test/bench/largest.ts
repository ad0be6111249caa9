import { execFileSync } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { timeLimitMs } from '../../lib/adapters/codecs/frame-limits.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { packageRoot } from '../../lib/embedded/package-root.ts'
import { drawPhantom } from '../../lib/phantom/draw-phantom.ts'
import { encodePhantom } from '../../lib/phantom/encode-phantom.ts'
import type { Phantom } from '../../lib/phantom/phantom.ts'
import { phantomIdentity } from '../../lib/phantom/phantom-elements.ts'
import { planPhantom } from '../../lib/phantom/plan-phantom.ts'
import { createRandom } from '../../lib/phantom/seeded-random.ts'
import { preprocess } from '../../lib/screening/preprocess.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'

const side = 8000
/** Noise in the lowest bits, which no codec can shorten: the file comes close to the 64 MiB that an upload may have. */
const noiseBits = 6

/** Those whose decoders differ. With this noise the first three are more than an upload to the cloud may have by default. */
const syntaxes = [
  'explicit-little-endian',
  'deflated-explicit-little-endian',
  'rle',
  'jpeg-lossless-sv1',
  'jpeg-ls-lossless',
  'jpeg-2000-lossless',
  'htj2k-lossless',
] as const

/**
 * The largest picture that the policy lets in, 64 megapixels of 12 bits, preprocessed once in each syntax, in a process
 * of its own: its memory is what the function needs, JPEG 2000 is the slowest file that it meets.
 */
export async function benchLargest(folder: string): Promise<string[][]> {
  const phantom = enlarge(drawPhantom(planPhantom(1, 0, { rows: 1000, columns: 1000 }).options))
  const program = join(packageRoot, 'dist/test/bench/preprocess-process.js')
  const rows: string[][] = []
  for (const syntax of syntaxes) {
    const file = await encodePhantom(
      phantom,
      { object: 'DX', syntax, bitsStored: 12, photometric: 'MONOCHROME2', voi: 'window' },
      phantomIdentity(1, 'largest'),
    )
    const path = join(folder, `largest-${syntax}.dcm`)
    await writeFile(path, file)
    const answer = execFileSync(process.execPath, [program, path], { encoding: 'utf8' })
    rows.push([syntax, `${(file.length / 2 ** 20).toFixed(1)} MiB, ${JSON.parse(answer)}`])
    await rm(path)
  }
  const limit = `${timeLimitMs('jpeg-2000', phantom) / 1000} s`
  return [...rows, ['limit of a JPEG 2000 frame, processor time', limit]]
}

/** What that process does. */
export async function preprocessOnce(path: string): Promise<string> {
  const codecs = createCodecs()
  const file = await readFile(path)
  const usage = process.cpuUsage()
  const { timingsMs } = await preprocess(file, codecs, defaultSuitabilityPolicy, systemClock)
  const { user, system } = process.cpuUsage(usage)
  await codecs.close()
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  const stages = Object.entries(timingsMs).map(([stage, ms]) => `${stage} ${seconds(ms)}`)
  const peak = Math.round((process.resourceUsage().maxRSS * 1024) / 1e6)
  return `${stages.join(', ')}; processor time ${seconds((user + system) / 1000)}, peak memory ${peak} MB`
}

function enlarge(phantom: Phantom): Phantom {
  const factor = side / phantom.columns
  const random = createRandom(1, 'noise')
  const values = new Uint16Array(side * side)
  for (let row = 0; row < side; row++) {
    const line = Math.floor(row / factor) * phantom.columns
    for (let column = 0; column < side; column++) {
      const noise = random.bits() >>> (32 - noiseBits)
      values[row * side + column] = Math.min(4095, phantom.values[line + Math.floor(column / factor)] + noise)
    }
  }
  return { ...phantom, rows: side, columns: side, values }
}
