import type { Log } from '../log.ts'
import type { ScreeningSettings } from '../screening-settings.ts'
import { StudyScreener } from '../study-screener.ts'

/**
 * Screens a few pictures as a backfill will, and says how long one takes. Their results are kept.
 * @returns seconds from one picture to the next; null where there are too few to tell
 */
export async function measurePace(
  sample: readonly string[],
  settings: ScreeningSettings,
  { concurrency, log }: { readonly concurrency: number; readonly log: Log },
): Promise<number | null> {
  // The first of each process loads the networks.
  const first = sample.slice(0, concurrency)
  const timed = sample.slice(concurrency)
  if (timed.length < concurrency) return null
  // An earlier result would be taken for the work of no time.
  const screener = await StudyScreener.open(settings, { concurrency, force: true, log })
  try {
    await Promise.all(first.map((path) => screener.screen({ path, problem: null })))
    const started = performance.now()
    await Promise.all(timed.map((path) => screener.screen({ path, problem: null })))
    return (performance.now() - started) / 1000 / timed.length
  } finally {
    await screener.close()
  }
}
