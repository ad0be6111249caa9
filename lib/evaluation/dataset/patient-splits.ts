import { createSeededRandom, shuffled } from '../metrics/seeded-random.ts'

export interface SplitShare {
  readonly name: string
  /** Of the images. Range: (0, 1]; all together 1. */
  readonly fraction: number
}

export interface SplitCandidate {
  readonly key: string
  /** Null: unknown; the image stands for a patient of its own. */
  readonly patient: string | null
  readonly positive: boolean | null
}

/**
 * Gives every image a split so that no patient is in two, each split has its share of the images and the classes
 * are as frequent in each. The same for the same seed and images, whatever their order.
 * @returns the split of each image by key
 */
export function patientSplits(
  images: readonly SplitCandidate[],
  shares: readonly SplitShare[],
  seed: number,
): Map<string, string> {
  const patients = new Map<string, SplitCandidate[]>()
  for (const image of images) {
    const patient = image.patient === null ? `image ${image.key}` : `patient ${image.patient}`
    patients.set(patient, [...(patients.get(patient) ?? []), image])
  }
  const splits = new Map<string, string>()
  for (const stratum of ['positive', 'negative', 'unlabelled']) {
    const members = [...patients].filter(([, of]) => stratumOf(of) === stratum).sort(([a], [b]) => (a < b ? -1 : 1))
    const total = members.reduce((sum, [, of]) => sum + of.length, 0)
    const missing = shares.map(({ fraction }) => fraction * total)
    for (const [, of] of shuffled(members, createSeededRandom(seed))) {
      const neediest = missing.indexOf(Math.max(...missing))
      missing[neediest] -= of.length
      for (const { key } of of) splits.set(key, shares[neediest].name)
    }
  }
  return splits
}

/** A patient with one positive image counts as positive. */
function stratumOf(images: readonly SplitCandidate[]): string {
  if (images.some(({ positive }) => positive === true)) return 'positive'
  return images.some(({ positive }) => positive === false) ? 'negative' : 'unlabelled'
}
