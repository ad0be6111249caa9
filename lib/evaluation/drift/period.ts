import { readFacts } from '../exploration/facts-journal.ts'
import { readResultDocument } from '../results/read-result-document.ts'
import { readResults, type StoredResult } from '../results/read-results.ts'

/** What was screened in one stretch of time, each image once. */
export interface Period {
  readonly name: string
  readonly images: number
  readonly suspected: number
  readonly discordant: number
  readonly notAnalysed: number
  /** Of analysed images. */
  readonly probabilities: readonly number[]
  /** Not analysed, by reason. */
  readonly reasons: Readonly<Record<string, number>>
  readonly views: Readonly<Record<string, number>>
  /** Of the 8-bit picture; empty when no facts were given. */
  readonly greyMeans: readonly number[]
  readonly greyDeviations: readonly number[]
  readonly models: readonly string[]
  readonly problems: readonly string[]
}

/**
 * Reads the stored results of a period.
 * @param factsPath `file-facts.jsonl` of `pleura explore` over the same images, for pixel statistics
 */
export async function readPeriod(folder: string, factsPath: string | null): Promise<Period> {
  const { results: all, problems } = await readResults(folder)
  const results = [...new Map(all.map((result) => [result.imageId ?? result.input, result])).values()]
  const analysed = results.filter((result) => result.outcome !== 'not-analysed')
  const notAnalysed = results.filter((result) => result.outcome === 'not-analysed')
  const grey = factsPath ? await readGrey(factsPath, results) : { means: [], deviations: [] }
  return {
    name: folder,
    images: results.length,
    suspected: analysed.filter((result) => result.outcome === 'suspected').length,
    discordant: analysed.filter((result) => result.outcome === 'suspected' && result.discordant).length,
    notAnalysed: notAnalysed.length,
    probabilities: analysed.flatMap(({ probability }) => (probability === null ? [] : [probability])),
    reasons: countNames(notAnalysed.map((result) => result.reason ?? 'no reason given')),
    views: countNames(await readViews(folder, analysed)),
    greyMeans: grey.means,
    greyDeviations: grey.deviations,
    models: [
      ...new Set(
        analysed.flatMap(({ models }) =>
          models.map(({ id, sha256 }) => (sha256 ? `${id} ${sha256.slice(0, 12)}` : id)),
        ),
      ),
    ].sort(),
    problems,
  }
}

async function readViews(folder: string, results: readonly StoredResult[]): Promise<string[]> {
  const views: string[] = []
  for (const { imageId } of results) {
    const document = imageId === null ? null : await readResultDocument(folder, imageId)
    if (document) views.push(document.source?.viewPosition ?? 'not stated')
  }
  return views
}

async function readGrey(
  path: string,
  results: readonly StoredResult[],
): Promise<{ means: number[]; deviations: number[] }> {
  const wanted = new Set(results.map((result) => result.imageId))
  const means: number[] = []
  const deviations: number[] = []
  for await (const { imageId, grey } of readFacts(path)) {
    if (!grey || !wanted.delete(imageId)) continue
    means.push(grey.mean)
    deviations.push(grey.standardDeviation)
  }
  return { means, deviations }
}

function countNames(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
