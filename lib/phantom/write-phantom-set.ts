import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../adapters/embedded/make-folder.ts'
import { encodeRunLength } from '../screening/finding/run-length.ts'
import { drawPhantom } from './draw-phantom.ts'
import { encodePhantom } from './encode-phantom.ts'
import type { PhantomDescription } from './phantom.ts'
import { type PhantomFormat, phantomIdentity } from './phantom-elements.ts'
import { planPhantom } from './plan-phantom.ts'

export interface PhantomSetOptions {
  readonly count: number
  readonly outDir: string
  /** The same seed writes the same files. */
  readonly seed: number
  /** @default 1024 */
  readonly rows?: number
  /** @default rows */
  readonly columns?: number
  /** @default the mix of formats; one format makes every file alike */
  readonly format?: PhantomFormat
  readonly onProgress?: (written: number, count: number) => void
  readonly signal?: AbortSignal
}

/** One phantom of a set: what it shows, and where and how it was written. */
export interface PhantomRecord extends PhantomDescription, PhantomFormat {
  readonly file: string
  readonly sopInstanceUid: string
}

export interface PhantomSet {
  readonly count: number
  readonly positive: number
  readonly outDir: string
  readonly phantoms: readonly PhantomRecord[]
}

/**
 * Writes phantoms in the layout of the SIIM-ACR set:
 * `dicom-images-train/<study>/<series>/<instance>.dcm`, `train-rle.csv`, and `phantoms.csv` with what each one shows.
 * Half of them have a pneumothorax; formats, views and sexes take turns.
 */
export async function writePhantomSet(options: PhantomSetOptions): Promise<PhantomSet> {
  const { count, outDir, seed, rows = 1024, columns = rows, onProgress, signal } = options
  const phantoms: PhantomRecord[] = []
  const codes = ['ImageId,EncodedPixels']
  await makeFolder(outDir)
  for (let index = 0; index < count; index++) {
    signal?.throwIfAborted()
    const plan = planPhantom(seed, index, { rows, columns })
    const format = options.format ?? plan.format
    const phantom = drawPhantom(plan.options)
    const identity = phantomIdentity(plan.options.seed, `${rows}x${columns}`)
    const folder = ['dicom-images-train', identity.studyInstanceUid, identity.seriesInstanceUid]
    const file = [...folder, `${identity.sopInstanceUid}.dcm`].join('/')
    const bytes = await encodePhantom(phantom, format, identity)
    await makeFolder(join(outDir, ...folder))
    await writeFile(join(outDir, file), bytes)
    codes.push(`${identity.sopInstanceUid},${encodeRunLength(phantom.mask, phantom)}`)
    phantoms.push({ ...phantom.description, ...format, file, sopInstanceUid: identity.sopInstanceUid })
    onProgress?.(index + 1, count)
  }
  await writeFile(join(outDir, 'train-rle.csv'), `${codes.join('\n')}\n`)
  await writeFile(join(outDir, 'phantoms.csv'), phantomTable(phantoms))
  await writeFile(join(outDir, 'README.txt'), notice)
  return { count, positive: phantoms.filter((phantom) => phantom.pneumothorax).length, outDir, phantoms }
}

const notice = `Synthetic chest radiographs drawn by Pleura's phantom generator. No patient was imaged.
They serve demos, tests and benchmarks. They never stand in for clinical evidence:
a figure measured on them says nothing about how a program works on patients.
`

function phantomTable(phantoms: readonly PhantomRecord[]): string {
  const header =
    'file,sopInstanceUid,seed,pneumothorax,side,extent,maskPixels,view,sex,devices,pixelSpacingMm,object,transferSyntax,bitsStored,photometric,voi'
  const lines = phantoms.map((p) =>
    [
      p.file,
      p.sopInstanceUid,
      p.seed,
      p.pneumothorax?.kind ?? 'none',
      p.pneumothorax?.side ?? '',
      p.pneumothorax?.extent ?? '',
      p.maskPixels,
      p.view,
      p.sex,
      p.devices.join(' '),
      p.pixelSpacingMm.toFixed(6),
      p.object,
      p.syntax,
      p.bitsStored,
      p.photometric,
      p.voi,
    ].join(','),
  )
  return `${[header, ...lines].join('\n')}\n`
}
