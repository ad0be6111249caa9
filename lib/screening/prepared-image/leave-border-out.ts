import { leaveOut, quantileOf, tailShare, type ValueHistogram } from './value-histogram.ts'
import { perplexityOf } from './visible-steps.ts'

/** The values of the picture itself. */
export interface PictureValues {
  readonly histogram: ValueHistogram
  /** There were values beyond a gap: a border that no PixelPaddingValue declares. */
  readonly hasBorder: boolean
}

/**
 * Leaves out values that are not the picture's: first those beyond a gap that is wider than the range of the picture's
 * values (a border, blurred or not), then the lowest and the highest value where one alone holds more pixels than a
 * tail (a border, collimation, saturation).
 */
export function leaveBorderOut(histogram: ValueHistogram): PictureValues {
  let picture = withoutFarCluster(histogram)
  for (let outer = histogram; picture !== outer; ) {
    outer = picture
    picture = withoutFarCluster(outer)
  }
  return { histogram: withoutHeavyEnds(picture), hasBorder: picture !== histogram }
}

function withoutFarCluster(histogram: ValueHistogram): ValueHistogram {
  const { counts, total } = histogram
  const gap = widestGap(histogram)
  const below = leaveOut(histogram, gap.first, counts.length - 1)
  const above = leaveOut(histogram, 0, gap.last)
  if (Math.min(below.total, above.total) <= tailShare * total) return histogram
  // The part of more different values is the picture: a single value is none, however many pixels have it.
  const [inBelow, inAbove] = [below, above].map((part) => perplexityOf(withoutHeavyEnds(part)))
  const picture = inBelow >= inAbove ? below : above
  const spread = quantileOf(picture, 1) - quantileOf(picture, 0)
  return gap.last - gap.first + 1 > spread ? picture : histogram
}

/** The longest run of values, between two that occur, that together have no more pixels than a tail. */
function widestGap({ counts, total }: ValueHistogram): { first: number; last: number } {
  const begin = counts.findIndex((count) => count > 0) + 1
  const end = counts.findLastIndex((count) => count > 0)
  let widest = { first: begin, last: begin - 1 }
  let held = 0
  for (let first = begin, last = begin; last < end; last++) {
    held += counts[last]
    while (held > tailShare * total) held -= counts[first++]
    if (last - first > widest.last - widest.first) widest = { first, last }
  }
  return widest
}

function withoutHeavyEnds(histogram: ValueHistogram): ValueHistogram {
  const { counts, total } = histogram
  const ends = [counts.findIndex((count) => count > 0), counts.findLastIndex((count) => count > 0)]
  const heavy = ends.filter((end) => counts[end] > tailShare * total)
  const inner = heavy.reduce((rest, end) => leaveOut(rest, end, end), histogram)
  return inner.total === 0 ? histogram : inner
}
