import type { BoundingBox, ImageSize } from '../kernel/geometry.ts'
import { type Turn, turnedSize } from '../prepared-image/upright.ts'
import type { PixelSpacing } from '../radiograph/radiograph.ts'
import { boundingBoxOf } from '../segmentation/bounding-box.ts'
import { connectedRegions } from './connected-regions.ts'
import type { MaskComponent, Side } from './finding.ts'

/**
 * Both sides are reported when the smaller one holds at least this share of the mask; less is taken for a stray region.
 */
const secondSideShare = 0.1

export interface MaskMeasurements {
  readonly areaPixels: number
  readonly areaMm2: number | null
  readonly side: Side | null
  readonly boundingBox: BoundingBox | null
  readonly components: readonly MaskComponent[]
}

/**
 * Measures a mask on the source's grid: area, bounding box, regions, and the patient's side of each.
 * The side is that of a region's centre against the middle column of the upright image.
 * @param mask 0/1. Shape: size.rows × size.columns, as stored.
 * @param turn How the image is turned upright; null where its sides are not known.
 */
export function measureMask(
  mask: Uint8Array,
  size: ImageSize,
  turn: Turn | null,
  spacing: PixelSpacing | null,
): MaskMeasurements {
  const pixelAreaMm2 = spacing ? spacing.rowMm * spacing.columnMm : null
  const boundingBox = boundingBoxOf(mask, size)
  const components = boundingBox ? measureComponents(mask, size, boundingBox, turn, pixelAreaMm2) : []
  const areaPixels = components.reduce((sum, component) => sum + component.areaPixels, 0)
  return {
    areaPixels,
    areaMm2: pixelAreaMm2 === null ? null : areaPixels * pixelAreaMm2,
    side: sideOf(components, areaPixels),
    boundingBox,
    components,
  }
}

function measureComponents(
  mask: Uint8Array,
  size: ImageSize,
  box: BoundingBox,
  turn: Turn | null,
  pixelAreaMm2: number | null,
): MaskComponent[] {
  const isImageLeft = turn && uprightLeftHalf(size, turn)
  return connectedRegions(mask, size, box)
    .map(
      ({ areaPixels, boundingBox, centre }): MaskComponent => ({
        areaPixels,
        areaMm2: pixelAreaMm2 === null ? null : areaPixels * pixelAreaMm2,
        boundingBox,
        side: isImageLeft && (isImageLeft(centre.row, centre.column) ? 'right' : 'left'),
      }),
    )
    .sort((a, b) => b.areaPixels - a.areaPixels)
}

/** Whether a stored position lies in the left half of the upright image: the patient's right. */
function uprightLeftHalf(size: ImageSize, turn: Turn): (row: number, column: number) => boolean {
  const middle = (turnedSize(size, turn).columns - 1) / 2
  return (row, column) => {
    const across = turn.transpose ? row : column
    return turn.reverseColumns ? across > middle : across < middle
  }
}

function sideOf(components: readonly MaskComponent[], areaPixels: number): Side | null {
  if (areaPixels === 0 || components.some(({ side }) => side === null)) return null
  const left = components.filter((component) => component.side === 'left').reduce((sum, c) => sum + c.areaPixels, 0)
  const share = left / areaPixels
  if (share >= secondSideShare && share <= 1 - secondSideShare) return 'both'
  return share > 0.5 ? 'left' : 'right'
}
