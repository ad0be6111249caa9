import type { Sample } from '../metrics/counted-values.ts'

/** What was screened in one stretch of time, each image once. */
export interface Period {
  readonly name: string
  readonly images: number
  readonly suspected: number
  readonly discordant: number
  readonly notAnalysed: number
  /** Of analysed images. */
  readonly probabilities: Sample
  /** Not analysed, by reason. */
  readonly reasons: Readonly<Record<string, number>>
  readonly views: Readonly<Record<string, number>>
  /** Of the 8-bit picture; empty when no facts were given. */
  readonly greyMeans: Sample
  readonly greyDeviations: Sample
  readonly models: readonly string[]
  readonly problems: readonly string[]
}

/** What a period knows of one image. */
export interface PeriodImage {
  readonly outcome: 'suspected' | 'not-suspected' | 'not-analysed'
  readonly discordant: boolean
  readonly probability: number | null
  /** Why it was not analysed. */
  readonly reason?: string | null | undefined
  readonly models: readonly { readonly id: string; readonly sha256?: string | undefined }[]
}

/** @param views Of the analysed images; 'not stated' where a file does not say */
export function summarisePeriod(name: string, images: readonly PeriodImage[], views: readonly string[]): Period {
  const analysed = images.filter(({ outcome }) => outcome !== 'not-analysed')
  const notAnalysed = images.filter(({ outcome }) => outcome === 'not-analysed')
  return {
    name,
    images: images.length,
    suspected: analysed.filter(({ outcome }) => outcome === 'suspected').length,
    discordant: analysed.filter(({ outcome, discordant }) => outcome === 'suspected' && discordant).length,
    notAnalysed: notAnalysed.length,
    probabilities: analysed.flatMap(({ probability }) => (probability === null ? [] : [probability])),
    reasons: countNames(notAnalysed.map(({ reason }) => reason ?? 'no reason given')),
    views: countNames(views),
    greyMeans: [],
    greyDeviations: [],
    models: [
      ...new Set(
        analysed.flatMap(({ models }) =>
          models.map(({ id, sha256 }) => (sha256 ? `${id} ${sha256.slice(0, 12)}` : id)),
        ),
      ),
    ].sort(),
    problems: [],
  }
}

function countNames(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
