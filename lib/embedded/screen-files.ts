import { join } from 'node:path'
import { forEachConcurrently } from '../adapters/embedded/for-each-concurrently.ts'
import type { ResultLine } from '../screening/result-documents/result-line.ts'
import type { Log } from './log.ts'
import { OrderedLines } from './ordered-lines.ts'
import type { ScreeningSettings } from './screening-settings.ts'
import { StudyScreener } from './study-screener.ts'

export interface ScreeningSummary {
  readonly inputs: number
  readonly suspected: number
  readonly notSuspected: number
  readonly notAnalysed: number
  readonly discordant: number
  /** Taken from an earlier run or from an identical input. */
  readonly reused: number
  readonly wallMs: number
}

export interface ScreenFilesOptions {
  readonly concurrency: number
  readonly force: boolean
  readonly log: Log
  readonly onStudy: (line: ResultLine, index: number) => void
}

/** Screens files into `outDir/<imageId>/` and `outDir/results.jsonl`, one line per input in the order of the inputs. */
export async function screenFiles(
  files: readonly string[],
  settings: ScreeningSettings,
  options: ScreenFilesOptions,
): Promise<ScreeningSummary> {
  const started = performance.now()
  const screener = await StudyScreener.open(settings, options)
  const counts = { suspected: 0, 'not-suspected': 0, 'not-analysed': 0, discordant: 0, reused: 0 }
  try {
    const lines = await OrderedLines.create<ResultLine>(join(settings.outDir, 'results.jsonl'))
    // Two per process, so that the next image is at hand while one is screened.
    await forEachConcurrently(files.entries(), options.concurrency * 2, async ([index, file]) => {
      const { line, reused } = await screener.screen(file)
      counts[line.outcome]++
      if (line.discordant) counts.discordant++
      if (reused) counts.reused++
      lines.put(index, line)
      options.onStudy(line, index)
    })
    await lines.close()
  } finally {
    await screener.close()
  }
  return {
    inputs: files.length,
    suspected: counts.suspected,
    notSuspected: counts['not-suspected'],
    notAnalysed: counts['not-analysed'],
    discordant: counts.discordant,
    reused: counts.reused,
    wallMs: Math.round(performance.now() - started),
  }
}
