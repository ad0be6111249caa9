import type { DelineatedFinding } from '../../finding/finding.ts'
import type { PreparedImage } from '../../prepared-image/prepared-image.ts'
import type { AcquisitionFacts } from '../../radiograph/radiograph.ts'
import { outlinesAt } from '../mask-outlines.ts'
import {
  canvasOf,
  captionBox,
  captionColour,
  captionField,
  captionOf,
  contourColour,
  inSvg,
  noticeLine,
  type Overlay,
  outlinedBox,
  pathOf,
  scaleOf,
  type Typeface,
} from '../overlay/overlay-marks.ts'

/**
 * A band ends where the next one begins. Higher ones are brighter, so that a greyscale monitor tells them apart too.
 */
const bands = [
  { from: 0.1, colour: '#8c4a00' },
  { from: 0.3, colour: '#c46a00' },
  { from: 0.5, colour: '#e69f00' },
  { from: 0.7, colour: '#f5c542' },
  { from: 0.9, colour: '#fff2a8' },
] as const
const opacity = 0.5

/** The segmenter's probability of air, in bands of colour with their legend. */
export function buildHeatMap(
  { delineation }: DelineatedFinding,
  prepared: PreparedImage,
  facts: AcquisitionFacts,
  typeface: Typeface,
): Overlay {
  const canvas = canvasOf(prepared)
  const outlines = bands.map(({ from }) => outlinesAt(from, delineation.probabilityMap, prepared, facts))
  const paths = outlines.map(pathOf)
  // With the next band's outline as its hole, each band has its colour alone.
  const painted = bands.map(
    ({ colour }, index) =>
      `<path d="${paths[index]}${paths[index + 1] ?? ''}" fill="${colour}" fill-opacity="${opacity}" fill-rule="evenodd"/>`,
  )
  const title = 'Heat map: where the segmenter sees air, and how surely'
  const lines = [{ text: title, size: 26, y: 32, colour: contourColour }, noticeLine]
  return {
    canvas,
    svg: inSvg(
      canvas,
      captionField(prepared),
      ...painted,
      captionOf(prepared, lines, typeface),
      ...legendOf(prepared, typeface),
    ),
    // Each band lies within the first.
    drawn: [...outlinedBox(prepared, outlines[0]), captionBox(prepared)],
  }
}

function legendOf(image: PreparedImage, typeface: Typeface): string[] {
  const scale = scaleOf(image)
  const step = (image.columns - 32 * scale) / bands.length
  return bands.flatMap(({ from, colour }, index) => {
    const x = 16 * scale + index * step
    const to = bands[index + 1]?.from ?? 1
    const text = `${Math.round(from * 100)} to ${Math.round(to * 100)} %`
    const label = typeface.outline(text, x + 26 * scale, image.rows + 58 * scale, Math.min(18 * scale, step / 6))
    return [
      `<rect x="${x}" y="${image.rows + 43 * scale}" width="${18 * scale}" height="${18 * scale}" fill="${colour}"/>`,
      `<path d="${label}" fill="${captionColour}"/>`,
    ]
  })
}
