import { derivedContext } from '../dicom-object/derived-context.ts'
import type { DerivedContext } from '../dicom-object/derived-object.ts'
import { writePart10 } from '../dicom-object/write-part10.ts'
import type { DocumentSource, DocumentType } from '../document-type.ts'
import { outlinesOf } from '../mask-outlines.ts'
import { buildStructuredReport } from './build-structured-report.ts'

/** What was looked for and what was found, of every study of a data set, analysed or not. */
export const structuredReport: DocumentType<{ context: DerivedContext; source: DocumentSource }> = {
  kind: 'structured-report',
  name: 'structured-report.dcm',
  mediaType: 'application/dicom',
  needs(source) {
    const context = derivedContext(source)
    return context ? { context, source } : null
  },
  build: ({ context, source }) => writePart10(buildStructuredReport(context, source.finding, outlinesOf(source))),
}
