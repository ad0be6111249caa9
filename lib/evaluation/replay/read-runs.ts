import { forEachConcurrently } from '../../adapters/embedded/for-each-concurrently.ts'
import { decodeRunLength } from '../../screening/finding/run-length.ts'
import { diceOf, maskOverlapOf } from '../metrics/mask-overlap.ts'
import { readResultDocument, type StoredDocument } from '../results/read-result-document.ts'
import { readResultLines, type StoredResult } from '../results/read-results.ts'
import type { ReplayedImage, RunResult } from './compare-runs.ts'

/** A result of before, of which the source is known. */
export type KnownResult = StoredResult & { readonly imageId: string }

export interface EarlierRun {
  /** One for each image; of several lines of one image the last one. */
  readonly results: readonly KnownResult[]
  /** Lines of files that could not be read then: no image is known. */
  readonly neverRead: number
  readonly problems: readonly string[]
}

/** @throws {ConfigurationError} when the folder holds no results */
export async function readEarlierRun(folder: string): Promise<EarlierRun> {
  const { results, problems } = await readResultLines(folder)
  const byImage = new Map<string, KnownResult>()
  let neverRead = 0
  for (const result of results) {
    if (result.imageId === null) neverRead++
    else byImage.set(result.imageId, { ...result, imageId: result.imageId })
  }
  return { results: [...byImage.values()], neverRead, problems }
}

/** What made a result of before; the threshold is null where the image was not analysed. */
export interface EarlierBundles {
  readonly digests: readonly string[]
  readonly threshold: number | null
}

/** The bundles that made some results, each combination once. */
export async function readEarlierBundles(folder: string, results: readonly KnownResult[]): Promise<EarlierBundles[]> {
  const known = new Map<string, EarlierBundles>()
  await forEachConcurrently(results, 8, async ({ imageId, outcome, models }) => {
    const document = outcome === 'not-analysed' ? null : await readResultDocument(folder, imageId)
    const bundles = {
      digests: models.flatMap(({ sha256 }) => (sha256 === undefined ? [] : [sha256])),
      threshold: document?.classification?.operatingPoint.threshold ?? null,
    }
    known.set(JSON.stringify(bundles), bundles)
  })
  return [...known.values()]
}

/**
 * Brings the two runs of each image together.
 * @param before Results of the earlier run, in `beforeFolder`
 * @param afterFolder What the replay has written
 */
export async function pairRuns(
  before: readonly KnownResult[],
  beforeFolder: string,
  afterFolder: string,
  onImage: () => void = () => {},
): Promise<{ images: ReplayedImage[]; problems: string[] }> {
  const after = await readEarlierRun(afterFolder)
  const beforeOf = new Map(before.map((result) => [result.imageId, result]))
  const pairs = after.results.flatMap((result) => {
    const earlier = beforeOf.get(result.imageId)
    return earlier ? [{ earlier, result }] : []
  })
  const images: ReplayedImage[] = new Array(pairs.length)
  const lost = before.length - pairs.length
  const problems = [
    ...after.problems,
    ...(lost > 0 ? [`${lost} images have no result now: their files could not be read again`] : []),
  ]
  await forEachConcurrently(pairs.entries(), 4, async ([at, { earlier, result }]) => {
    const { imageId, input } = result
    let dice: number | null = null
    if (earlier.outcome === 'suspected' && result.outcome === 'suspected') {
      const documents = await Promise.all(
        [beforeFolder, afterFolder].map((folder) => readResultDocument(folder, imageId)),
      )
      try {
        dice = diceBetween(documents[0], documents[1])
      } catch {
        problems.push(`${imageId}: the masks cannot be read; they are not compared`)
      }
    }
    images[at] = { imageId, input, before: runResultOf(earlier), after: runResultOf(result), dice }
    onImage()
  })
  return { images, problems }
}

/** @returns null where one of them tells no place, as in triage mode. @throws when a run-length code does not fit */
function diceBetween(before: StoredDocument | null, after: StoredDocument | null): number | null {
  const source = after?.source
  if (!before?.segmentation || !after?.segmentation || !source) return null
  const [a, b] = [before, after].map(({ segmentation }) => decodeRunLength(segmentation!.runLength, source))
  return diceOf(maskOverlapOf(a, b))
}

const runResultOf = ({ outcome, reason, discordant, probability, side, timingsMs }: StoredResult): RunResult => ({
  outcome,
  reason: reason ?? null,
  discordant,
  probability,
  side: side ?? null,
  timingsMs,
})
