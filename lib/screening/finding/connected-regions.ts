import type { BoundingBox, ImageSize } from '../kernel/geometry.ts'

/** One 8-connected region of a mask. */
export interface Region {
  readonly areaPixels: number
  readonly boundingBox: BoundingBox
  readonly centre: { readonly row: number; readonly column: number }
}

/** A stretch of 1 in a row; `end` is the first column behind it. */
interface Run {
  readonly begin: number
  readonly end: number
  readonly region: GrowingRegion
}

interface GrowingRegion {
  readonly number: number
  /** The region that it turned out to belong to. */
  partOf: GrowingRegion | null
  area: number
  rowSum: number
  columnSum: number
  top: number
  bottom: number
  left: number
  right: number
}

/**
 * The connected regions of a mask, in reading order of their first pixel. Put together from the runs of its rows, so
 * that of the up to 64 million pixels of a source each is looked at once.
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
        const touching = wholeOf(above[at].region)
        region = region ? join(region, touching) : touching
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
  return regions.filter(({ partOf }) => partOf === null).map(regionOf)
}

/** Index of the next `value` from `from` on; the line's length where there is none. */
function indexOf(line: Uint8Array, value: 0 | 1, from: number): number {
  let at = from
  while (at < line.length && line[at] !== value) at++
  return at
}

const emptyRegion = (number: number, row: number): GrowingRegion => ({
  number,
  partOf: null,
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

/** Merges the later region into the earlier one. */
function join(a: GrowingRegion, b: GrowingRegion): GrowingRegion {
  if (a === b) return a
  const [whole, part] = a.number < b.number ? [a, b] : [b, a]
  whole.area += part.area
  whole.rowSum += part.rowSum
  whole.columnSum += part.columnSum
  whole.bottom = Math.max(whole.bottom, part.bottom)
  whole.left = Math.min(whole.left, part.left)
  whole.right = Math.max(whole.right, part.right)
  part.partOf = whole
  return whole
}

/** The region that this one was merged into. Paths are shortened on the way, so that later calls are fast. */
function wholeOf(region: GrowingRegion): GrowingRegion {
  let whole = region
  while (whole.partOf) whole = whole.partOf
  for (let part = region; part.partOf; ) {
    const next: GrowingRegion = part.partOf
    if (next !== whole) part.partOf = whole
    part = next
  }
  return whole
}

const regionOf = ({ area, rowSum, columnSum, top, bottom, left, right }: GrowingRegion): Region => ({
  areaPixels: area,
  boundingBox: { row: top, column: left, rows: bottom - top + 1, columns: right - left + 1 },
  centre: { row: rowSum / area, column: columnSum / area },
})
