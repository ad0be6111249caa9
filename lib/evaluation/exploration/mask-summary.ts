import type { ImageSize } from '../../screening/kernel/geometry.ts'
import { cropMask } from '../../screening/segmentation/bounding-box.ts'
import { labelComponents } from '../../screening/segmentation/connected-components.ts'
import { maskBox } from '../metrics/mask-box.ts'
import { MaskPosition } from './mask-position.ts'

export interface MaskRecord {
  /** Of the image. Range: (0, 1]. */
  readonly areaFraction: number
  /** Null when the spacing is unknown. */
  readonly areaCm2: number | null
  readonly regions: number
  readonly annotations: number
}

/** Sizes, numbers and places of the masks of positive images. */
export class MaskSummary {
  readonly records: MaskRecord[] = []
  readonly position = new MaskPosition()

  /**
   * @param mask all readers' masks joined. Shape: rows × columns, 0 outside, 1 inside
   * @param pixelAreaMm2 null when unknown
   */
  add(mask: Uint8Array, size: ImageSize, annotations: number, pixelAreaMm2: number | null): void {
    const box = maskBox([mask], size)
    if (!box) return
    const cropped = cropMask(mask, size, box)
    const area = cropped.reduce((sum, inside) => sum + (inside === 0 ? 0 : 1), 0)
    this.records.push({
      areaFraction: area / mask.length,
      areaCm2: pixelAreaMm2 === null ? null : (area * pixelAreaMm2) / 100,
      regions: labelComponents(cropped, box, 1, 8).count,
      annotations,
    })
    this.position.add(mask, size)
  }
}
