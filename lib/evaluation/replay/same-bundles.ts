import type { EarlierBundles } from './read-runs.ts'

/** The bundles of a replay. */
export interface ReplayBundles {
  readonly classifier: string
  readonly segmenter: string
  readonly threshold: number
}

/**
 * Whether all results of before were made by the very bundles and threshold of now: then a replay can show nothing. In
 * triage mode the segmenter took no part.
 */
export const areSameBundles = (before: readonly EarlierBundles[], now: ReplayBundles): boolean =>
  before.every(({ digests, threshold }) => {
    const [classifier, segmenter = now.segmenter] = digests
    return (
      classifier === now.classifier && segmenter === now.segmenter && (threshold ?? now.threshold) === now.threshold
    )
  })
