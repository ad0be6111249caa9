import type { EvaluatedImage, UnanalysedImage } from './evaluated-image.ts'

/** Where each image ends in the cascade. Every labelled image with a result is counted once. */
export interface CascadeAccounting {
  readonly positives: {
    readonly total: number
    readonly notAnalysed: number
    /** The classifier stayed below its operating point. */
    readonly classifierMissed: number
    /** Suspected, but no region delineated. */
    readonly discordant: number
    /** Suspected, but the region lies wholly beside the reference. */
    readonly regionBeside: number
    /** Suspected, and the region overlaps the reference. */
    readonly regionOverlaps: number
    /** Suspected with a region, and no reference mask to compare it with. */
    readonly regionUnjudged: number
  }
  readonly negatives: {
    readonly total: number
    readonly notAnalysed: number
    readonly cleared: number
    readonly falseAlarmDiscordant: number
    readonly falseAlarmWithRegion: number
  }
}

export function cascadeAccounting(
  images: readonly EvaluatedImage[],
  notAnalysed: readonly UnanalysedImage[],
): CascadeAccounting {
  const positive = images.filter((image) => image.positive)
  const negative = images.filter((image) => !image.positive)
  const count = (of: readonly UnanalysedImage[], label: boolean): number =>
    of.filter((image) => image.positive === label).length
  const withRegion = positive.filter((image) => image.called && !isDiscordant(image))
  const judged = withRegion.filter((image) => image.segmentation !== null)
  const overlapping = judged.filter((image) => image.segmentation!.dice > 0).length
  return {
    positives: {
      total: positive.length + count(notAnalysed, true),
      notAnalysed: count(notAnalysed, true),
      classifierMissed: positive.filter((image) => !image.called).length,
      discordant: positive.filter(isDiscordant).length,
      regionBeside: judged.length - overlapping,
      regionOverlaps: overlapping,
      regionUnjudged: withRegion.length - judged.length,
    },
    negatives: {
      total: negative.length + count(notAnalysed, false),
      notAnalysed: count(notAnalysed, false),
      cleared: negative.filter((image) => !image.called).length,
      falseAlarmDiscordant: negative.filter(isDiscordant).length,
      falseAlarmWithRegion: negative.filter((image) => image.called && !isDiscordant(image)).length,
    },
  }
}

export function isDiscordant(image: EvaluatedImage): boolean {
  return image.called && (image.discordant || image.predictedAreaPixels === 0)
}
