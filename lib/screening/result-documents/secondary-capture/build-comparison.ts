import type { DelineatedFinding } from '../../finding/finding.ts'
import type { GreyImage } from '../../kernel/grey-image.ts'
import type { PreparedImage } from '../../prepared-image/prepared-image.ts'
import type { AcquisitionFacts } from '../../radiograph/radiograph.ts'
import { maskOutlines } from '../mask-outlines.ts'
import { findingLines } from '../overlay/build-overlay.ts'
import {
  type CaptionLine,
  canvasOf,
  captionBox,
  captionColour,
  captionField,
  captionOf,
  contourOf,
  inSvg,
  mutedColour,
  type Overlay,
  outlinedBox,
  scaleOf,
  type Typeface,
} from '../overlay/overlay-marks.ts'

/** The same picture twice, with a black strip between, and the marks of both. */
export interface Comparison {
  readonly image: GreyImage
  readonly overlay: Overlay
}

const untouchedLines: readonly CaptionLine[] = [
  { text: 'Without marks', size: 26, y: 32, colour: captionColour },
  {
    text: 'Reduced in size and grey levels: read the original, not this picture.',
    size: 17,
    y: 58,
    colour: mutedColour,
  },
]

/** The prepared image, and beside it the same with the mask's contour, each with its caption. */
export function buildComparison(
  finding: DelineatedFinding,
  prepared: PreparedImage,
  facts: AcquisitionFacts,
  typeface: Typeface,
): Comparison {
  const gap = Math.round(8 * scaleOf(prepared))
  const left = prepared.columns + gap
  const width = left + prepared.columns
  const canvas = canvasOf(prepared, width)
  const outlines = maskOutlines(finding, prepared, facts)
  const marked = contourOf(outlines, prepared) + captionOf(prepared, findingLines(finding, facts), typeface)
  const svg = inSvg(
    canvas,
    captionField(prepared, width),
    captionOf(prepared, untouchedLines, typeface),
    `<g transform="translate(${left} 0)">${marked}</g>`,
  )
  const outlined = outlinedBox(prepared, outlines).map((box) => ({ ...box, column: left + box.column }))
  const drawn = [...outlined, captionBox(prepared, width)]
  return { image: besideItself(prepared, left, width), overlay: { canvas, svg, drawn } }
}

function besideItself({ rows, columns, pixels }: GreyImage, left: number, width: number): GreyImage {
  const twice = new Uint8Array(rows * width)
  for (let row = 0; row < rows; row++) {
    const line = pixels.subarray(row * columns, (row + 1) * columns)
    twice.set(line, row * width)
    twice.set(line, row * width + left)
  }
  return { rows, columns: width, pixels: twice }
}
