import type { ImageSize } from '../screening/kernel/geometry.ts'

/** Where the free air of a pneumothorax gathers. `basal` is the deep sulcus of a supine patient. */
export type PneumothoraxKind = 'apical' | 'lateral' | 'basal' | 'tension'
export type PneumothoraxExtent = 'small' | 'medium' | 'large'
/** The patient's side: the right lung lies in the left half of the image. */
export type PatientSide = 'left' | 'right'

export interface PhantomPneumothorax {
  readonly kind: PneumothoraxKind
  readonly side: PatientSide
  readonly extent: PneumothoraxExtent
}

export interface PhantomOptions extends ImageSize {
  /** Any non-negative integer; the same options draw the same phantom, bit for bit. */
  readonly seed: number
  /** Null or absent: no pneumothorax. */
  readonly pneumothorax?: PhantomPneumothorax | null
  readonly view: 'PA' | 'AP'
  readonly sex: 'M' | 'F'
  /** Tubes, lines and electrodes. Absent: drawn by chance, more often in AP views. */
  readonly devices?: boolean
}

/** An invented radiograph with the exact answer. Shape: rows × columns, row-major. */
export interface Phantom extends ImageSize {
  /** Presentation values, bright where attenuation is high (MONOCHROME2). Range: 0 … 4095. */
  readonly values: Uint16Array
  /** 1 where free air lies beyond the visceral pleura, in the projection of the lung field. */
  readonly mask: Uint8Array
  readonly description: PhantomDescription
}

export interface PhantomDescription {
  readonly seed: number
  readonly view: 'PA' | 'AP'
  readonly sex: 'M' | 'F'
  readonly pneumothorax: PhantomPneumothorax | null
  readonly maskPixels: number
  /** At the detector plane. Unit: mm. */
  readonly pixelSpacingMm: number
  /** What was put into the field besides anatomy, e.g. 'chest-drain'. */
  readonly devices: readonly string[]
}
