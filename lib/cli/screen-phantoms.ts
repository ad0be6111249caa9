import { join } from 'node:path'
import { listInputs } from '../embedded/list-inputs.ts'
import type { Log } from '../embedded/log.ts'
import { type ScreeningSummary, screenFiles } from '../embedded/screen-files.ts'
import type { ScreeningSettings } from '../embedded/screening-settings.ts'
import { type PhantomRecord, writePhantomSet } from '../phantom/write-phantom-set.ts'
import type { ResultLine } from '../screening/result-documents/result-line.ts'
import { createProgress } from './terminal.ts'

export interface ScreenedPhantoms {
  readonly drawn: readonly PhantomRecord[]
  readonly lines: readonly ResultLine[]
  readonly summary: ScreeningSummary
}

/** Draws the demo's phantoms and takes them through the whole pipeline. */
export async function screenPhantoms(
  phantoms: string,
  settings: ScreeningSettings,
  options: { count: number; concurrency: number; log: Log },
): Promise<ScreenedPhantoms> {
  console.log(`Making ${options.count} synthetic chest radiographs in ${phantoms} …`)
  const making = createProgress(options.count, 'phantoms')
  const { phantoms: drawn } = await writePhantomSet({
    count: options.count,
    outDir: phantoms,
    seed: 2,
    onProgress: () => making.step(),
  }).finally(() => making.stop())

  console.log('Screening them …')
  const files = await listInputs([join(phantoms, 'dicom-images-train')], settings.outDir)
  const screening = createProgress(files.length, 'images')
  const lines: ResultLine[] = []
  const summary = await screenFiles(files, settings, {
    concurrency: options.concurrency,
    force: true,
    log: options.log,
    onStudy: (line, index) => {
      lines[index] = line
      screening.step()
    },
  }).finally(() => screening.stop())
  return { drawn, lines, summary }
}
