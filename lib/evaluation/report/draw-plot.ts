import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { palette } from './palette.ts'
import { type MarkupNode, serialiseSvg } from './serialise-svg.ts'

/** Fonts by name only; nothing is loaded from anywhere. */
export const plotFonts = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"

/** A plot of a report. */
export interface Figure {
  /** File name without ending. */
  readonly id: string
  readonly title: string
  readonly caption: string
  /** A whole SVG document. */
  readonly svg: string
}

/**
 * Draws a plot as SVG, without a browser. Axes carry their labels in the middle, as in print.
 * @param options as Plot.plot's; width and height in CSS pixels
 */
export function drawPlot(options: Plot.PlotOptions & { ariaLabel: string }): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const axis = { labelAnchor: 'center', labelArrow: 'none', tickSize: 4 } as const
  const svg = Plot.plot({
    width: 520,
    height: 400,
    marginLeft: 60,
    marginBottom: 46,
    marginTop: 18,
    ...options,
    x: { ...axis, labelOffset: 38, ...options.x },
    y: { ...axis, labelOffset: 50, ...options.y },
    style: { fontFamily: plotFonts, fontSize: '12px', color: palette.ink, background: 'white' },
    document: document as unknown as Document,
  })
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  svg.setAttribute('role', 'img')
  svg.setAttribute('font-family', plotFonts)
  // Plot's own style sheet speaks of custom properties and :where, which some SVG readers refuse.
  for (const style of svg.querySelectorAll('style')) style.remove()
  return serialiseSvg(svg as unknown as MarkupNode)
}
