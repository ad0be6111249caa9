import { derivedContext } from '../dicom-object/derived-context.ts'
import type { DerivedContext } from '../dicom-object/derived-object.ts'
import { writePart10 } from '../dicom-object/write-part10.ts'
import type { DocumentType } from '../document-type.ts'
import { type OverlaySource, overlaySource } from '../overlay/overlay-source.ts'
import { buildComparison } from './build-comparison.ts'
import { buildSecondaryCapture } from './build-secondary-capture.ts'

/** The picture without and with its marks, for a PACS that shows pictures only. */
export const secondaryCapture: DocumentType<{ context: DerivedContext; shown: OverlaySource }> = {
  kind: 'secondary-capture',
  name: 'secondary-capture.dcm',
  mediaType: 'application/dicom',
  needs(source) {
    const context = derivedContext(source)
    const shown = overlaySource(source)
    return context && shown ? { context, shown } : null
  },
  async build({ context, shown: { finding, prepared, facts } }, tools) {
    const { renderOverlay, typeface } = tools()
    const { image, overlay } = buildComparison(finding, prepared, facts, typeface)
    return writePart10(buildSecondaryCapture(context, await renderOverlay(image, overlay)))
  },
}
