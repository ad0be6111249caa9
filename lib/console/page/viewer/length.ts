import type { FrameFacts } from '../../contract/frame.ts'
import { planeWords } from './plane-words.ts'
import type { Point } from './view.ts'

/** How far apart two points of the image are, in words: millimetres where the spacing is known, and of which plane. */
export function describeLength(from: Point, to: Point, spacing: FrameFacts['spacing']): string {
  if (!spacing) return `${Math.hypot(to.x - from.x, to.y - from.y).toFixed(0)} pixels (spacing unknown)`
  const mm = Math.hypot((to.x - from.x) * spacing.columnMm, (to.y - from.y) * spacing.rowMm)
  return `${mm.toFixed(1)} mm${planeWords[spacing.plane]}`
}
