import { encodeOverlay } from '../../lib/adapters/codecs/encode-overlay.ts'
import type { Finding } from '../../lib/screening/finding/finding.ts'
import type { PixelCodecs } from '../../lib/screening/kernel/ports.ts'
import type { PreparedImage } from '../../lib/screening/prepared-image/prepared-image.ts'
import type { AcquisitionFacts } from '../../lib/screening/radiograph/radiograph.ts'
import { buildOverlay, type Typeface } from '../../lib/screening/result-documents/build-overlay.ts'
import type { ResultPictures } from '../../lib/screening/result-documents/write-result.ts'

/** mask.png in the geometry of the source and overlay.png; none unless pneumothorax is suspected. */
export async function drawPictures(
  finding: Finding,
  prepared: PreparedImage,
  facts: AcquisitionFacts,
  codecs: PixelCodecs,
  typeface: Typeface,
): Promise<ResultPictures> {
  if (finding.outcome !== 'suspected') return {}
  const pixels = finding.delineation.mask.map((inside) => (inside ? 255 : 0))
  const [mask, overlay] = await Promise.all([
    codecs.encodeGreyPng({ ...prepared.source, pixels }),
    encodeOverlay(prepared, buildOverlay(finding, prepared, facts, typeface)),
  ])
  return { 'mask.png': mask, 'overlay.png': overlay }
}
