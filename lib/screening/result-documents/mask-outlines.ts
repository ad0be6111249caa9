import { contours } from 'd3-contour'
import { type DelineatedFinding, isDelineated } from '../finding/finding.ts'
import type { ImageSize } from '../kernel/geometry.ts'
import { turnBack, turnOf } from '../prepared-image/upright.ts'
import type { AcquisitionFacts } from '../radiograph/radiograph.ts'
import type { ProbabilityMap } from '../segmentation/segment.ts'
import type { DocumentSource } from './document-type.ts'

/** A closed line: its last point is its first. Points are [column, row], (0, 0) the image's top left corner. */
export type Ring = readonly (readonly [column: number, row: number])[]

/** One region of the mask: its outer line, then those of its holes. */
export type Outline = readonly Ring[]

const outlinesByFinding = new WeakMap<DelineatedFinding, Outline[]>()

/** The outlines in pixels of the source, drawn once per finding; empty when there is no region. */
export function outlinesOf({ finding, facts, size }: DocumentSource): readonly Outline[] {
  // A mask that is empty in the source's pixels has no outline, though the map's grid may hold a point of it.
  if (!isDelineated(finding) || finding.discordant || !facts || !size) return []
  const outlines = outlinesByFinding.get(finding) ?? maskOutlines(finding, size, facts)
  outlinesByFinding.set(finding, outlines)
  return outlines
}

/** The mask's boundary in pixels of an image of `size`, largest region first. */
export const maskOutlines = (
  { delineation: { probabilityMap } }: DelineatedFinding,
  size: ImageSize,
  facts: Pick<AcquisitionFacts, 'patientOrientation'>,
): Outline[] => outlinesAt(probabilityMap.maskThreshold, probabilityMap, size, facts)

/**
 * Where a map reaches `threshold`, in pixels of an image of `size`, largest region first. It is drawn from the grid of
 * the map, in straight lines between its cells.
 */
export function outlinesAt(
  threshold: number,
  map: ProbabilityMap,
  size: ImageSize,
  facts: Pick<AcquisitionFacts, 'patientOrientation'>,
): Outline[] {
  const turn = turnOf(facts.patientOrientation)
  const stored = turn.transpose ? { rows: map.columns, columns: map.rows } : { rows: map.rows, columns: map.columns }
  const [boundary] = contours().size([stored.columns, stored.rows]).thresholds([threshold])(
    turnBack(map.probabilities, stored, turn) as unknown as number[],
  )
  const place = ([x, y]: number[]): [number, number] => [
    clamp((x * size.columns) / stored.columns, size.columns),
    clamp((y * size.rows) / stored.rows, size.rows),
  ]
  return boundary.coordinates
    .map((rings) => rings.map((ring) => ring.map(place)))
    .sort((a, b) => enclosedArea(b[0]) - enclosedArea(a[0]))
}

const clamp = (value: number, limit: number): number => Math.min(limit, Math.max(0, value))

/** GraphicData has a length of two bytes, which 8,191 points fill: an outline is thinned well before. Unit: points. */
const maximumPoints = 4000

/** Column, row, column, row … of a ring, thinned to what an element holds. */
export function coordinatesOf(ring: Ring): number[] {
  const step = Math.ceil(ring.length / maximumPoints)
  return ring.filter((_, index) => index % step === 0 || index === ring.length - 1).flat()
}

/** @see the shoelace formula */
export function enclosedArea(ring: Ring): number {
  let twice = 0
  for (let i = 0; i + 1 < ring.length; i++) twice += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1]
  return Math.abs(twice) / 2
}
