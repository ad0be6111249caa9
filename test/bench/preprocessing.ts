import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { drawPhantom } from '../../lib/phantom/draw-phantom.ts'
import { encodePhantom } from '../../lib/phantom/encode-phantom.ts'
import { phantomIdentity } from '../../lib/phantom/phantom-elements.ts'
import { planPhantom } from '../../lib/phantom/plan-phantom.ts'
import { prepareImage } from '../../lib/screening/prepared-image/prepare-image.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { median, processorOf, sample, spreadOf } from './measure.ts'

const repeats = 9
const syntaxes = ['explicit-little-endian', 'jpeg-lossless-sv1', 'jpeg-2000-lossless'] as const

/**
 * Preprocessing of one 3000 × 3000 picture of 12 bits to a PNG of at most 1024, in three transfer syntaxes, against
 * DCMTK's dcmj2pnm and pydicom with Pillow on the same files, where they are installed. Processor time of all threads;
 * what the others take to start is taken off.
 */
export async function benchPreprocessing(folder: string): Promise<string[][]> {
  const phantom = drawPhantom(planPhantom(1, 0, { rows: 3000, columns: 3000 }).options)
  const format = { object: 'DX', bitsStored: 12, photometric: 'MONOCHROME2', voi: 'window' } as const
  const rows: string[][] = []
  for (const syntax of syntaxes) {
    const path = join(folder, `${syntax}.dcm`)
    await writeFile(path, await encodePhantom(phantom, { ...format, syntax }, phantomIdentity(1, syntax)))
    rows.push(...(await benchFile(syntax, path, folder)))
  }
  return rows
}

async function benchFile(name: string, path: string, folder: string): Promise<string[][]> {
  const codecs = createCodecs()
  const source = await readFile(path)
  const radiograph = await decodeRadiograph(source, codecs)
  const prepared = prepareImage(radiograph)
  const stages = {
    read: () => readFile(path),
    decode: () => decodeRadiograph(source, codecs),
    'window and reduce': () => prepareImage(radiograph),
    'encode PNG': () => codecs.encodeGreyPng(prepared),
    'all of it': async () => codecs.encodeGreyPng(prepareImage(await decodeRadiograph(await readFile(path), codecs))),
  }
  const rows: string[][] = []
  let ours: number[] = []
  for (const [stage, run] of Object.entries(stages)) {
    ours = processorOf(await sample(repeats, run))
    rows.push([`${name}: ${stage}`, spreadOf(ours)])
  }
  await codecs.close()
  const out = join(folder, 'other.png')
  const others: Other[] = [
    {
      title: 'DCMTK dcmj2pnm',
      program: 'dcmj2pnm',
      start: ['--version'],
      whole: ['--write-png', '+Wi', '1', '+Sxv', '1024', path, out],
    },
    {
      title: 'pydicom and Pillow',
      program: 'python3',
      start: ['-c', pydicomProgram.split('\n')[0]],
      whole: ['-c', pydicomProgram, path, out],
    },
  ]
  return [...rows, ...others.flatMap((other) => against(other, name, ours))]
}

/** Another program that makes the same picture of the same file. */
interface Other {
  readonly title: string
  readonly program: string
  /** Arguments with which it starts and does nothing. */
  readonly start: readonly string[]
  readonly whole: readonly string[]
}

function against({ title, program, start, whole }: Other, name: string, ours: readonly number[]): string[][] {
  const row = `${name}: ${title}, its start taken off`
  if (processorOfProcess(program, start) === null) return [[row, 'is not installed']]
  const runs = Array.from({ length: repeats }, () => ({
    before: processorOfProcess(program, start),
    all: processorOfProcess(program, whole),
  }))
  const theirs = runs.flatMap(({ before, all }) => (before === null || all === null ? [] : [all - before]))
  if (theirs.length < repeats) return [[row, 'does not read this syntax']]
  return [
    [row, spreadOf(theirs)],
    [`${name}: ours / ${title}`, `${(median(ours) / median(theirs)).toFixed(2)} ×`],
  ]
}

const pydicomProgram = `import sys, pydicom, numpy; from PIL import Image; from pydicom.pixels import apply_voi_lut
d = pydicom.dcmread(sys.argv[1]); a = apply_voi_lut(d.pixel_array, d).astype('float32')
a = (a - a.min()) / (a.max() - a.min()) * 255
if d.PhotometricInterpretation == 'MONOCHROME1': a = 255 - a
Image.fromarray(a.round().astype('uint8')).resize((1024, 1024), Image.BOX).save(sys.argv[2])`

/** User and system time of a process; null where it cannot be started or fails. Unit: ms */
function processorOfProcess(program: string, args: readonly string[]): number | null {
  const timed = 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null 2>/dev/null'
  const { status, stderr } = spawnSync('bash', ['-c', timed, 'bash', program, ...args], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  if (status !== 0) return null
  const [user, system] = stderr.trim().split(' ').map(Number)
  return 1000 * (user + system)
}
