import type { Classification } from '../classification/classify.ts'
import type { RejectionCode } from '../kernel/errors.ts'
import type { BoundingBox } from '../kernel/geometry.ts'
import type { ProbabilityMap } from '../segmentation/segment.ts'

/** The patient's side. `both`: regions on either side of the midline, neither negligible. */
export type Side = 'left' | 'right' | 'both'

/** One connected region of the mask, in stored pixels of the source. */
export interface MaskComponent {
  readonly areaPixels: number
  readonly areaMm2: number | null
  readonly boundingBox: BoundingBox
  /** Null where the file's PatientOrientation cannot be understood. */
  readonly side: 'left' | 'right' | null
}

/** The air as delineated, measured in stored pixels of the source. */
export interface Delineation {
  readonly probabilityMap: ProbabilityMap
  /** 0/1. Shape: source rows × columns. */
  readonly mask: Uint8Array
  readonly areaPixels: number
  /** Null when the spacing is unknown. Unit: mm². */
  readonly areaMm2: number | null
  readonly side: Side | null
  /** Null when the mask is empty. */
  readonly boundingBox: BoundingBox | null
  /** Largest first. */
  readonly components: readonly MaskComponent[]
}

/** The classifier reached its operating point. */
export interface SuspectedFinding {
  readonly outcome: 'suspected'
  readonly classification: Classification
  /** Null in triage mode, where nothing is delineated. */
  readonly delineation: Delineation | null
  /** The classifier suspects, the segmenter delineates nothing: still suspected, and to be looked at with care. */
  readonly discordant: boolean
}

/** A suspected finding of full mode. */
export interface DelineatedFinding extends SuspectedFinding {
  readonly delineation: Delineation
}

export const isDelineated = (finding: Finding): finding is DelineatedFinding =>
  finding.outcome === 'suspected' && finding.delineation !== null

export interface NotSuspectedFinding {
  readonly outcome: 'not-suspected'
  readonly classification: Classification
}

/** Nothing is known of this study. Never to be shown or counted as a negative. */
export interface NotAnalysedFinding {
  readonly outcome: 'not-analysed'
  readonly code: RejectionCode
  /** What was found, without patient data. */
  readonly detail: string
}

export type Finding = SuspectedFinding | NotSuspectedFinding | NotAnalysedFinding
