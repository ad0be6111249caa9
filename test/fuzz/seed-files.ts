import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { drawPhantom } from '../../lib/phantom/draw-phantom.ts'
import { encodePhantom } from '../../lib/phantom/encode-phantom.ts'
import { phantomIdentity } from '../../lib/phantom/phantom-elements.ts'
import { phantomFormats, planPhantom } from '../../lib/phantom/plan-phantom.ts'
import { corpusFolder } from '../conformance/corpus-index.ts'
import { makeFrames, wrapFrame } from './make-frames.ts'

export interface SeedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Larger ones slow the search down and show nothing more. */
const largestSeedBytes = 1_000_000

/** Phantoms in every format, every compressed syntax and depth in the plainest data set, and the corpus where there is one. */
export async function seedFiles(seed: number): Promise<SeedFile[]> {
  const size = { rows: 256, columns: 224 }
  const phantoms = phantomFormats.map(async (format, index): Promise<SeedFile> => {
    const plan = planPhantom(seed, index, size)
    const bytes = await encodePhantom(drawPhantom(plan.options), format, phantomIdentity(plan.options.seed, 'fuzz'))
    return { name: `phantom ${format.object} ${format.syntax}`, bytes: new Uint8Array(bytes) }
  })
  const frames = (await makeFrames(seed, { count: 1, ...size })).map((frame) => ({
    name: `${frame.codec} of ${frame.bitsStored} bits`,
    bytes: wrapFrame(frame),
  }))
  return [...(await Promise.all(phantoms)), ...frames, ...corpusFiles()]
}

function corpusFiles(): SeedFile[] {
  if (!corpusFolder) return []
  const folder = join(corpusFolder, 'corpus')
  return ['ts', 'attr', 'real', 'bad'].flatMap((group) => {
    const names = existsSync(join(folder, group)) ? readdirSync(join(folder, group)).sort() : []
    return names
      .map((name) => join(folder, group, name))
      .filter((path) => statSync(path).size <= largestSeedBytes)
      .map((path) => ({ name: path.slice(folder.length + 1), bytes: new Uint8Array(readFileSync(path)) }))
  })
}
