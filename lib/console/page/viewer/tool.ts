import type { Point } from './view.ts'

/** What the left button of the pointer does. */
export type Tool = 'window' | 'pan' | 'length' | 'draw' | 'erase'

export const isBrush = (tool: Tool): tool is 'draw' | 'erase' => tool === 'draw' || tool === 'erase'

export interface Measure {
  readonly from: Point
  readonly to: Point
}
