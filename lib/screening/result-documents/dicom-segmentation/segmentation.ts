import { type DelineatedFinding, isDelineated } from '../../finding/finding.ts'
import { derivedContext } from '../dicom-object/derived-context.ts'
import type { DerivedContext } from '../dicom-object/derived-object.ts'
import { writePart10 } from '../dicom-object/write-part10.ts'
import type { DocumentType } from '../document-type.ts'
import { buildSegmentation } from './build-segmentation.ts'

/** The mask for a PACS; a discordant finding has none. */
export const segmentation: DocumentType<{ context: DerivedContext; finding: DelineatedFinding }> = {
  kind: 'segmentation',
  name: 'segmentation.dcm',
  mediaType: 'application/dicom',
  needs(source) {
    const context = derivedContext(source)
    const { finding } = source
    return context && isDelineated(finding) && !finding.discordant ? { context, finding } : null
  },
  build: ({ context, finding }) => writePart10(buildSegmentation(context, finding)),
}
