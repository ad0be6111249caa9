import type { LesionDetection } from '../metrics/lesion-detection.ts'

/** How well the predicted mask of an image agrees with the reference. */
export interface SegmentationAgreement {
  /** Reference mask over image area. Range: [0, 1]. */
  readonly referenceAreaFraction: number
  /** 1 when both masks are empty. */
  readonly dice: number
  readonly intersectionOverUnion: number
  /** Unit: pixels of the reference's grid; null when a mask is empty. */
  readonly hausdorff95Pixels: number | null
  /** Null when a mask is empty or the spacing is unknown. */
  readonly hausdorff95Mm: number | null
  readonly lesions: LesionDetection
}

/** An image with a label and an analysis: what the figures are made of. */
export interface EvaluatedImage {
  readonly key: string
  readonly imageId: string
  readonly input: string
  readonly patient: string | null
  readonly viewPosition: string | null
  readonly sex: string | null
  readonly ageYears: number | null
  readonly positive: boolean
  readonly probability: number
  /** Whether the deployed outcome is 'suspected'. */
  readonly called: boolean
  readonly discordant: boolean
  readonly predictedAreaPixels: number
  readonly timingsMs: Readonly<Record<string, number>>
  /** Null when there is no reference mask to compare with. */
  readonly segmentation: SegmentationAgreement | null
}

/** An image with a label and no finding. */
export interface UnanalysedImage {
  readonly key: string
  readonly positive: boolean
  readonly reason: string
}

/** Labels and results brought together; nothing is dropped in silence. */
export interface EvaluationSample {
  readonly images: readonly EvaluatedImage[]
  readonly notAnalysed: readonly UnanalysedImage[]
  /** Labelled, but no result is stored. */
  readonly withoutResult: readonly UnanalysedImage[]
  /** Results without a label: not counted. */
  readonly withoutLabel: number
  readonly problems: readonly string[]
}
