import { type DelineatedFinding, isDelineated } from '../../finding/finding.ts'
import type { PreparedImage } from '../../prepared-image/prepared-image.ts'
import type { AcquisitionFacts } from '../../radiograph/radiograph.ts'
import type { DocumentSource, DocumentTools } from '../document-type.ts'
import { buildOverlay, type ColourPicture } from './build-overlay.ts'

export interface OverlaySource {
  readonly finding: DelineatedFinding
  readonly prepared: PreparedImage
  readonly facts: AcquisitionFacts
}

/** What the overlay of an image is drawn of; null where it has none. */
export function overlaySource({ finding, prepared, facts }: DocumentSource): OverlaySource | null {
  return isDelineated(finding) && prepared && facts ? { finding, prepared, facts } : null
}

/** Several documents hold the same picture of a finding: it is rendered once. */
const rendered = new WeakMap<DelineatedFinding, Promise<ColourPicture>>()

export function overlayPicture(source: OverlaySource, tools: DocumentTools): Promise<ColourPicture> {
  const { finding, prepared, facts } = source
  let picture = rendered.get(finding)
  if (!picture) {
    picture = tools.renderOverlay(prepared, buildOverlay(finding, prepared, facts, tools.typeface))
    rendered.set(finding, picture)
  }
  return picture
}
