import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { forEachConcurrently } from '../adapters/embedded/for-each-concurrently.ts'
import type { FoundEntry } from '../adapters/embedded/walk-folder.ts'
import { isSetAside, type ResultLine } from '../screening/result-documents/result-line.ts'
import type { StudyResult } from '../screening/result-documents/study-result/study-result.ts'
import { InterruptedError } from './interrupted-error.ts'
import type { Log } from './log.ts'
import { OrderedLines } from './ordered-lines.ts'
import { lockOutputFolder } from './output-lock.ts'
import type { ScreeningSettings } from './screening-settings.ts'
import { type OnResult, StudyScreener } from './study-screener.ts'

export interface ScreeningSummary {
  readonly inputs: number
  readonly suspected: number
  readonly notSuspected: number
  readonly notAnalysed: number
  /** No radiographs by their kind, hidden folders, folders listed already: in no other count but `inputs`. */
  readonly setAside: number
  readonly discordant: number
  /** Taken from an earlier run or from an identical input. */
  readonly reused: number
  /** Of the images screened or reused by this run, as they stand at its end; studies that no file names are in none. */
  readonly studies: readonly StudyResult[]
  readonly wallMs: number
}

export interface ScreenFilesOptions {
  readonly concurrency: number
  readonly force: boolean
  readonly log: Log
  /** Ends the run after what is under way; no results.jsonl is written then. */
  readonly signal?: AbortSignal
  /** Is told of each result before its line is kept. */
  readonly onResult?: OnResult | undefined
  readonly onStudy: (line: ResultLine, index: number, reused: boolean) => void
}

/**
 * Screens files into `outDir/<imageId>/` and `outDir/results.jsonl`, one line per input in the order of the inputs. That
 * list replaces an earlier one when it is whole, and not before; a list without one picture replaces none.
 * @throws {InterruptedError} when `signal` is aborted
 */
export async function screenFiles(
  inputs: readonly FoundEntry[],
  settings: ScreeningSettings,
  options: ScreenFilesOptions,
): Promise<ScreeningSummary> {
  const started = performance.now()
  const screener = await StudyScreener.open(settings, options)
  try {
    const unlock = await lockOutputFolder(settings.outDir, 'screen')
    try {
      const counts = await screenInto(join(settings.outDir, 'results.jsonl'), inputs, screener, options)
      return { inputs: inputs.length, ...counts, wallMs: Math.round(performance.now() - started) }
    } finally {
      await unlock()
    }
  } finally {
    await screener.close()
  }
}

async function screenInto(
  file: string,
  inputs: readonly FoundEntry[],
  screener: StudyScreener,
  { concurrency, signal, onStudy }: ScreenFilesOptions,
): Promise<Omit<ScreeningSummary, 'inputs' | 'wallMs'>> {
  const counts = { suspected: 0, notSuspected: 0, notAnalysed: 0, setAside: 0, discordant: 0, reused: 0 }
  const studies = new Map<string, StudyResult>()
  const lines = await OrderedLines.create<ResultLine>(file)
  let finished = 0
  try {
    // Two per process, so that the next image is at hand while one is screened.
    await forEachConcurrently(inputs.entries(), concurrency * 2, async ([index, input]) => {
      if (signal?.aborted) return
      const { line, reused, study } = await screener.screen(input)
      if (study) studies.set(study.studyDigest, study)
      counts[countOf(line)]++
      if (line.discordant) counts.discordant++
      if (reused) counts.reused++
      finished++
      lines.put(index, line)
      onStudy(line, index, reused)
    })
    if (finished < inputs.length) {
      throw new InterruptedError(finished, inputs.length)
    }
    // Notes alone are no results: they do not take the place of those that are there.
    if (counts.setAside < inputs.length || !(await exists(file))) await lines.close()
    return { ...counts, studies: [...studies.values()] }
  } finally {
    await lines.discard()
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

function countOf(line: ResultLine): 'suspected' | 'notSuspected' | 'notAnalysed' | 'setAside' {
  if (isSetAside(line)) return 'setAside'
  if (line.outcome === 'not-analysed') return 'notAnalysed'
  return line.outcome === 'suspected' ? 'suspected' : 'notSuspected'
}
