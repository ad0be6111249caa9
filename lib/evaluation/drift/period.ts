import { readFacts } from '../exploration/facts-journal.ts'
import { readResultDocument } from '../results/read-result-document.ts'
import { readResults, type StoredResult } from '../results/read-results.ts'
import { type Period, summarisePeriod } from './summarise-period.ts'

/**
 * Reads the stored results of a period.
 * @param factsPath `file-facts.jsonl` of `pleura explore` over the same images, for pixel statistics
 */
export async function readPeriod(folder: string, factsPath: string | null): Promise<Period> {
  const { results: all, problems } = await readResults(folder)
  const results = [...new Map(all.map((result) => [result.imageId ?? result.input, result])).values()]
  const analysed = results.filter((result) => result.outcome !== 'not-analysed')
  const views = await readViews(folder, analysed)
  const grey = factsPath ? await readGrey(factsPath, results) : { means: [], deviations: [] }
  return {
    ...summarisePeriod(folder, results, views),
    greyMeans: grey.means,
    greyDeviations: grey.deviations,
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
