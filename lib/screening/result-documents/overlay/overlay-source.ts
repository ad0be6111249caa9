import { type DelineatedFinding, isDelineated } from '../../finding/finding.ts'
import type { PreparedImage } from '../../prepared-image/prepared-image.ts'
import type { AcquisitionFacts } from '../../radiograph/radiograph.ts'
import type { DocumentSource } from '../document-type.ts'

export interface OverlaySource {
  readonly finding: DelineatedFinding
  readonly prepared: PreparedImage
  readonly facts: AcquisitionFacts
}

/**
 * What the overlays of an image are drawn of; null where it has none, and where identity was removed from a source that
 * says that there is text in its pixels: it would stand in the picture.
 */
export function overlaySource({ finding, prepared, facts, deidentification }: DocumentSource): OverlaySource | null {
  if (deidentification?.burnedInAnnotation === 'YES') return null
  return isDelineated(finding) && prepared && facts ? { finding, prepared, facts } : null
}
