import type { SuspectedFinding } from '../../finding/finding.ts'
import type { PreparedImage } from '../../prepared-image/prepared-image.ts'
import type { AcquisitionFacts } from '../../radiograph/radiograph.ts'
import type { DocumentType } from '../document-type.ts'
import { buildOverlay } from './build-overlay.ts'

interface OverlayNeeds {
  readonly finding: SuspectedFinding
  readonly prepared: PreparedImage
  readonly facts: AcquisitionFacts
}

/** The prepared image with the region outlined and a caption, for people to look at. */
export const overlay: DocumentType<OverlayNeeds> = {
  name: 'overlay.png',
  mediaType: 'image/png',
  needs({ finding, prepared, facts }, { deliverMask }) {
    if (!deliverMask || finding.outcome !== 'suspected' || !prepared || !facts) return null
    return { finding, prepared, facts }
  },
  build: ({ finding, prepared, facts }, { typeface, encodeOverlay }) =>
    encodeOverlay(prepared, buildOverlay(finding, prepared, facts, typeface)),
}
