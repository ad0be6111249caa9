import type { DecodedFrame } from '../kernel/ports.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import type { RequestPriority } from './request-priority.ts'
import type { SourceIdentity } from './source-identity.ts'

/** How far apart the pixels are, and where that was read. Unit: mm. */
export interface PixelSpacing {
  /** Distance between rows (vertical). */
  readonly rowMm: number
  /** Distance between columns (horizontal). */
  readonly columnMm: number
  /**
   * `PixelSpacing`: calibrated, in the patient as far as the sender says.
   * `ImagerPixelSpacing`: at the detector plane. `ImagerPixelSpacing/EstimatedRadiographicMagnificationFactor`: estimated in the patient.
   * @see DICOM PS3.3 10.7.1.1
   */
  readonly origin: 'PixelSpacing' | 'ImagerPixelSpacing' | 'ImagerPixelSpacing/EstimatedRadiographicMagnificationFactor'
}

/** What the data set says of the acquisition; null where it is silent. Nothing that names the patient. */
export interface AcquisitionFacts {
  readonly format: 'dicom' | 'png' | 'jpeg'
  readonly transferSyntaxUid: string | null
  readonly sopClassUid: string | null
  readonly sopInstanceUid: string | null
  readonly studyInstanceUid: string | null
  readonly seriesInstanceUid: string | null
  readonly modality: string | null
  readonly bodyPartExamined: string | null
  readonly viewPosition: string | null
  /** PatientOrientation: direction of the rows, then of the columns, e.g. ['L', 'F']. */
  readonly patientOrientation: readonly [string, string] | null
  /** PatientOrientation says something that is not understood: the sides of the image are then not known. */
  readonly orientationUnusable: boolean
  readonly photometricInterpretation: string | null
  readonly bitsAllocated: number
  readonly bitsStored: number
  readonly patientAgeYears: number | null
  readonly patientSex: 'M' | 'F' | 'O' | null
  readonly manufacturer: string | null
  /** How urgent the order says it is; absent where it says nothing. */
  readonly requestPriority?: RequestPriority | undefined
  readonly pixelSpacing: PixelSpacing | null
  /** The modality transform; null when it is a table, and before it was read. */
  readonly rescale: { readonly slope: number; readonly intercept: number } | null
}

/** A look-up table. Values below `firstMapped` take the first entry, values beyond the last entry the last. */
export interface LookUpTable {
  readonly firstMapped: number
  readonly bitsPerEntry: number
  readonly entries: Uint16Array
}

export type ModalityTransform =
  | { readonly kind: 'identity' }
  | { readonly kind: 'rescale'; readonly slope: number; readonly intercept: number }
  | { readonly kind: 'lut'; readonly lut: LookUpTable }

export interface Window {
  readonly center: number
  readonly width: number
  readonly function: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID'
}

/** The greyscale pipeline that the data set asks for. @see DICOM PS3.4 N.2 */
export interface GreyscalePresentation {
  readonly modality: ModalityTransform
  /** The first usable one; null when there is none. */
  readonly window: Window | null
  readonly voiLut: LookUpTable | null
  /** High values are to be shown dark: MONOCHROME1, whatever PresentationLUTShape says. */
  readonly inverted: boolean
  /** Stored values from `low` to `high` are padding, not image. */
  readonly padding: { readonly low: number; readonly high: number } | null
}

/** A decoded radiograph: the stored values, what is known of the acquisition, how it is to be shown. */
export interface Radiograph extends DecodedFrame {
  readonly facts: AcquisitionFacts
  /** Null for a PNG or JPEG, which has no data set. */
  readonly identity: SourceIdentity | null
  readonly presentation: GreyscalePresentation
  /** Codes of what was odd but did not stop the analysis, e.g. 'window-outside-range', 'spacing-unknown'. */
  readonly warnings: readonly WarningCode[]
}
