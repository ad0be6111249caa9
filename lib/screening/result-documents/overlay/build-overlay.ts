import { contours } from 'd3-contour'
import type { DelineatedFinding } from '../../finding/finding.ts'
import type { ImageSize } from '../../kernel/geometry.ts'
import type { PreparedImage } from '../../prepared-image/prepared-image.ts'
import { turnBack, turnOf } from '../../prepared-image/upright.ts'
import type { AcquisitionFacts } from '../../radiograph/radiograph.ts'

/** Turns text into outlines, so that a picture needs no font where it is rendered. */
export interface Typeface {
  /** SVG path data of `text` with its baseline at (x, y), and the width it takes. Unit: pixels. */
  outline(text: string, x: number, y: number, sizePixels: number): { readonly path: string; readonly width: number }
}

/** 8-bit RGB, interleaved. */
export interface ColourPicture extends ImageSize {
  readonly pixels: Uint8Array
}

/** Marks drawn over a prepared image: an SVG on a canvas that holds the image at its top left and a caption below. */
export interface Overlay {
  readonly canvas: ImageSize
  readonly svg: string
}

/** Orange and black read on any grey and for the colour-blind. @see Okabe & Ito, Color Universal Design, 2008 */
const contourColour = '#e69f00'
const captionColour = '#ffffff'
const mutedColour = '#b8b8b8'

/** The mask's contour and a caption with what was found and 'not for diagnostic use'. */
export function buildOverlay(
  finding: DelineatedFinding,
  prepared: PreparedImage,
  facts: AcquisitionFacts,
  typeface: Typeface,
): Overlay {
  const unit = Math.max(prepared.columns, 400) / 1024
  const captionRows = Math.round(92 * unit)
  const canvas = { rows: prepared.rows + captionRows, columns: prepared.columns }
  const margin = 16 * unit
  const firstLine = finding.discordant
    ? 'Pneumothorax suspected, no region delineated: please look with care'
    : 'Pneumothorax suspected'
  const lines = [
    { text: firstLine, size: 26 * unit, y: prepared.rows + 32 * unit, colour: contourColour },
    { text: describe(finding, facts), size: 20 * unit, y: prepared.rows + 58 * unit, colour: captionColour },
    {
      text: 'Not for diagnostic use. Computer result, unverified: for research and prioritisation.',
      size: 17 * unit,
      y: prepared.rows + 81 * unit,
      colour: mutedColour,
    },
  ]
  const available = canvas.columns - 2 * margin
  const texts = lines.map(({ text, size, y, colour }) => {
    const fitting = Math.min(size, (size * available) / typeface.outline(text, 0, 0, size).width)
    return `<path d="${typeface.outline(text, margin, y, fitting).path}" fill="${colour}"/>`
  })
  const contour = contourPath(finding, prepared, facts)
  return {
    canvas,
    svg: [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${canvas.columns}" height="${canvas.rows}">`,
      `<rect x="0" y="${prepared.rows}" width="${canvas.columns}" height="${captionRows}" fill="#101010"/>`,
      `<path d="${contour}" fill="${contourColour}" fill-opacity="0.08" stroke="#000000" stroke-opacity="0.55" stroke-width="${4 * unit}"/>`,
      `<path d="${contour}" fill="none" stroke="${contourColour}" stroke-width="${2 * unit}" stroke-linejoin="round"/>`,
      ...texts,
      '</svg>',
    ].join(''),
  }
}

function describe(finding: DelineatedFinding, facts: AcquisitionFacts): string {
  const { delineation, classification } = finding
  const parts = [`Probability ${classification.probability.toFixed(2)}`]
  if (delineation.side) {
    const side = delineation.side === 'both' ? 'both sides' : `patient's ${delineation.side}`
    parts.push(facts.patientOrientation ? side : `${side} (orientation assumed)`)
  }
  if (delineation.areaMm2 !== null && delineation.areaPixels > 0) {
    const plane = facts.pixelSpacing?.origin === 'ImagerPixelSpacing' ? ' at the detector' : ''
    parts.push(`area ${(delineation.areaMm2 / 100).toFixed(1)} cm²${plane}`)
  } else if (delineation.areaPixels > 0) {
    parts.push(`area ${delineation.areaPixels.toLocaleString('en')} pixels, spacing unknown`)
  }
  return parts.join('   ·   ')
}

/**
 * SVG path of the mask's boundary on the prepared image, holes included (d3-contour winds them the other way round).
 * Drawn from the grid of the map, whose cells it crosses in straight lines.
 */
function contourPath(finding: DelineatedFinding, prepared: PreparedImage, facts: AcquisitionFacts): string {
  const map = finding.delineation.probabilityMap
  const turn = turnOf(facts.patientOrientation)
  const stored = turn.transpose ? { rows: map.columns, columns: map.rows } : { rows: map.rows, columns: map.columns }
  const [boundary] = contours().size([stored.columns, stored.rows]).thresholds([map.maskThreshold])(
    turnBack(map.probabilities, stored, turn) as unknown as number[],
  )
  const place = ([x, y]: number[]): string =>
    `${((x * prepared.columns) / stored.columns).toFixed(1)},${((y * prepared.rows) / stored.rows).toFixed(1)}`
  return boundary.coordinates
    .flat()
    .map((ring) => `M${ring.map(place).join('L')}Z`)
    .join('')
}
