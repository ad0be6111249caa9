import type { DelineatedFinding } from '../../finding/finding.ts'
import type { PreparedImage } from '../../prepared-image/prepared-image.ts'
import type { AcquisitionFacts } from '../../radiograph/radiograph.ts'
import { maskOutlines } from '../mask-outlines.ts'
import {
  type CaptionLine,
  canvasOf,
  captionBox,
  captionColour,
  captionField,
  captionOf,
  contourColour,
  contourOf,
  inSvg,
  noticeLine,
  type Overlay,
  outlinedBox,
  type Typeface,
} from './overlay-marks.ts'

/** The mask's contour and a caption with what was found and 'not for diagnostic use'. */
export function buildOverlay(
  finding: DelineatedFinding,
  prepared: PreparedImage,
  facts: AcquisitionFacts,
  typeface: Typeface,
): Overlay {
  const canvas = canvasOf(prepared)
  const caption = captionOf(prepared, findingLines(finding, facts), typeface)
  const outlines = maskOutlines(finding, prepared, facts)
  return {
    canvas,
    svg: inSvg(canvas, captionField(prepared), contourOf(outlines, prepared), caption),
    drawn: [...outlinedBox(prepared, outlines), captionBox(prepared)],
  }
}

/** What was found, in three lines. */
export const findingLines = (finding: DelineatedFinding, facts: AcquisitionFacts): CaptionLine[] => [
  {
    text: finding.discordant
      ? 'Pneumothorax suspected, no region delineated: please look with care'
      : 'Pneumothorax suspected',
    size: 26,
    y: 32,
    colour: contourColour,
  },
  { text: describe(finding, facts), size: 20, y: 58, colour: captionColour },
  noticeLine,
]

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
