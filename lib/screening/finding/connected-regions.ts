import type { BoundingBox, ImageSize } from '../kernel/geometry.ts'

/** One 8-connected region of a mask. */
export interface Region {
  readonly areaPixels: number
  readonly boundingBox: BoundingBox
  readonly centre: { readonly row: number; readonly column: number }
}

/** Consecutive pixels of 1 in a row, from column `begin` up to, but without, `end`. */
interface Run {
  readonly begin: number
  readonly end: number
  readonly region: GrowingRegion
}

interface GrowingRegion {
  readonly number: number
  /** The region that it was merged into, as in a union-find; null for a root. */
  parent: GrowingRegion | null
  area: number
  rowSum: number
  columnSum: number
  top: number
  bottom: number
  left: number
  right: number
}

/**
 * The connected regions of a mask, in reading order of their first pixel. Labelled by runs: each run of a row joins the
 * regions of the runs that it touches in the row above, so that each of up to 64 million pixels is visited once.
 * @param box Holds every 1.
 */
export function connectedRegions(mask: Uint8Array, { columns }: ImageSize, box: BoundingBox): Region[] {
  const regions: GrowingRegion[] = []
  let above: Run[] = []
  for (let row = box.row; row < box.row + box.rows; row++) {
    const line = mask.subarray(row * columns, row * columns + box.column + box.columns)
    const runs: Run[] = []
    let first = 0
    for (let begin = indexOf(line, 1, box.column); begin < line.length; ) {
      const end = indexOf(line, 0, begin)
      // A run above that ends left of this one touches no later run of the row either.
      while (first < above.length && above[first].end < begin) first++
      let region: GrowingRegion | null = null
      for (let at = first; at < above.length && above[at].begin <= end; at++) {
        const touching = rootOf(above[at].region)
        region = region ? merge(region, touching) : touching
      }
      if (!region) {
        region = emptyRegion(regions.length, row)
        regions.push(region)
      }
      addRun(region, row, begin, end)
      runs.push({ begin, end, region })
      begin = indexOf(line, 1, end)
    }
    above = runs
  }
  return regions.filter(({ parent }) => parent === null).map(regionOf)
}

/** Index of the next `value` from `from` on; the line's length where there is none. */
function indexOf(line: Uint8Array, value: 0 | 1, from: number): number {
  let at = from
  while (at < line.length && line[at] !== value) at++
  return at
}

const emptyRegion = (number: number, row: number): GrowingRegion => ({
  number,
  parent: null,
  area: 0,
  rowSum: 0,
  columnSum: 0,
  top: row,
  bottom: row,
  left: Number.POSITIVE_INFINITY,
  right: Number.NEGATIVE_INFINITY,
})

function addRun(region: GrowingRegion, row: number, begin: number, end: number): void {
  const length = end - begin
  region.area += length
  region.rowSum += row * length
  region.columnSum += ((begin + end - 1) * length) / 2
  region.bottom = row
  region.left = Math.min(region.left, begin)
  region.right = Math.max(region.right, end - 1)
}

/** Merges the later of two roots into the earlier one. */
function merge(a: GrowingRegion, b: GrowingRegion): GrowingRegion {
  if (a === b) return a
  const [root, part] = a.number < b.number ? [a, b] : [b, a]
  root.area += part.area
  root.rowSum += part.rowSum
  root.columnSum += part.columnSum
  root.bottom = Math.max(root.bottom, part.bottom)
  root.left = Math.min(root.left, part.left)
  root.right = Math.max(root.right, part.right)
  part.parent = root
  return root
}

/** The region that this one was merged into, however often, with path compression. */
function rootOf(region: GrowingRegion): GrowingRegion {
  let root = region
  while (root.parent) root = root.parent
  for (let part = region; part.parent; ) {
    const next: GrowingRegion = part.parent
    if (next !== root) part.parent = root
    part = next
  }
  return root
}

const regionOf = ({ area, rowSum, columnSum, top, bottom, left, right }: GrowingRegion): Region => ({
  areaPixels: area,
  boundingBox: { row: top, column: left, rows: bottom - top + 1, columns: right - left + 1 },
  centre: { row: rowSum / area, column: columnSum / area },
})
