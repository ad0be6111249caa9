import type { ImageSize } from '../kernel/geometry.ts'
import type { GreyImage } from '../kernel/grey-image.ts'
import type { Window } from '../radiograph/radiograph.ts'

/** Longest side of a prepared image. Unit: pixels. */
export const preparedLongSide = 1024

/** Where the grey levels came from. */
export interface GreyLevels {
  /**
   * `window`: WindowCenter and WindowWidth; `voi-lut`: VOILUTSequence; `percentile`: a window from the low to the high
   * tail of the values; `full-range`: all of BitsStored.
   */
  readonly origin: 'window' | 'voi-lut' | 'percentile' | 'full-range'
  /** In output units of the modality transform; null for a VOI LUT. */
  readonly window: Window | null
}

/** What the models see: 8-bit grey, white where the film is white (bone), long side at most 1024 pixels. */
export interface PreparedImage extends GreyImage {
  /** Size of the source; pixel centres map by (source + 0.5) × prepared / source − 0.5 on each axis. */
  readonly source: ImageSize
  readonly greyLevels: GreyLevels
  readonly warnings: readonly string[]
}
