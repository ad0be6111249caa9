import { type DelineatedFinding, isDelineated } from '../../finding/finding.ts'
import type { PreparedImage } from '../../prepared-image/prepared-image.ts'
import type { AcquisitionFacts } from '../../radiograph/radiograph.ts'
import type { DocumentSource } from '../document-type.ts'

export interface OverlaySource {
  readonly finding: DelineatedFinding
  readonly prepared: PreparedImage
  readonly facts: AcquisitionFacts
}

/** What the overlays of an image are drawn of; null where it has none. */
export function overlaySource({ finding, prepared, facts }: DocumentSource): OverlaySource | null {
  return isDelineated(finding) && prepared && facts ? { finding, prepared, facts } : null
}
