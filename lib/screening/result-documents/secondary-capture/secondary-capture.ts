import { derivedContext } from '../dicom-object/derived-context.ts'
import type { DerivedContext } from '../dicom-object/derived-object.ts'
import { writePart10 } from '../dicom-object/write-part10.ts'
import type { DocumentType } from '../document-type.ts'
import { type OverlaySource, overlayPicture, overlaySource } from '../overlay/overlay-picture.ts'
import { buildSecondaryCapture } from './build-secondary-capture.ts'

/** The overlay for a PACS that shows pictures only. */
export const secondaryCapture: DocumentType<{ context: DerivedContext; shown: OverlaySource }> = {
  kind: 'secondary-capture',
  name: 'secondary-capture.dcm',
  mediaType: 'application/dicom',
  needs(source) {
    const context = derivedContext(source)
    const shown = overlaySource(source)
    return context && shown ? { context, shown } : null
  },
  build: async ({ context, shown }, tools) =>
    writePart10(buildSecondaryCapture(context, await overlayPicture(shown, tools()))),
}
