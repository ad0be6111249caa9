import type { BoundingBox, ImageSize } from '../kernel/geometry.ts'
import { type Turn, turnedSize } from '../prepared-image/upright.ts'
import type { PixelSpacing } from '../radiograph/radiograph.ts'
import { boundingBoxOf, cropMask } from '../segmentation/bounding-box.ts'
import { labelComponents } from '../segmentation/connected-components.ts'
import type { MaskComponent, Side } from './finding.ts'

/** A side counts beside the other one from this share of the mask on; less is a stray region. */
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
 * @param turn The way upright; null where the sides of the image are not known.
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
  const { labels, count } = labelComponents(cropMask(mask, size, box), box, 1, 8)
  const area = new Float64Array(count + 1)
  const top = new Int32Array(count + 1).fill(box.rows)
  const bottom = new Int32Array(count + 1).fill(-1)
  const left = new Int32Array(count + 1).fill(box.columns)
  const right = new Int32Array(count + 1).fill(-1)
  const rowSum = new Float64Array(count + 1)
  const columnSum = new Float64Array(count + 1)
  for (let row = 0; row < box.rows; row++) {
    for (let column = 0; column < box.columns; column++) {
      const label = labels[row * box.columns + column]
      if (label === 0) continue
      area[label]++
      rowSum[label] += row
      columnSum[label] += column
      if (row < top[label]) top[label] = row
      if (row > bottom[label]) bottom[label] = row
      if (column < left[label]) left[label] = column
      if (column > right[label]) right[label] = column
    }
  }
  const isImageLeft = turn && uprightLeftHalf(size, turn)
  return Array.from({ length: count }, (_, index): MaskComponent => {
    const label = index + 1
    const centreRow = box.row + rowSum[label] / area[label]
    const centreColumn = box.column + columnSum[label] / area[label]
    return {
      areaPixels: area[label],
      areaMm2: pixelAreaMm2 === null ? null : area[label] * pixelAreaMm2,
      boundingBox: {
        row: box.row + top[label],
        column: box.column + left[label],
        rows: bottom[label] - top[label] + 1,
        columns: right[label] - left[label] + 1,
      },
      side: isImageLeft && (isImageLeft(centreRow, centreColumn) ? 'right' : 'left'),
    }
  }).sort((a, b) => b.areaPixels - a.areaPixels)
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
