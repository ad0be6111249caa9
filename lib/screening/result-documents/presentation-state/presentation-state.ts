import { derivedContext } from '../dicom-object/derived-context.ts'
import { writePart10 } from '../dicom-object/write-part10.ts'
import type { DocumentType } from '../document-type.ts'
import { outlinesOf } from '../mask-outlines.ts'
import { buildPresentationState, type PresentationSource } from './build-presentation-state.ts'

/**
 * The outline over the untouched source. A presentation state replaces the source's whole greyscale pipeline, so there
 * is none for a source whose pipeline is more than a rescale and a window.
 */
export const presentationState: DocumentType<PresentationSource> = {
  kind: 'presentation-state',
  name: 'presentation-state.dcm',
  mediaType: 'application/dicom',
  needs(source) {
    const context = derivedContext(source)
    const { finding, facts, prepared } = source
    const outlines = outlinesOf(source)
    if (!context || !facts || !prepared || finding.outcome !== 'suspected' || outlines.length === 0) return null
    const { window } = prepared.greyLevels
    const { rescale } = facts
    // A VOI LUT that was not used may have inverted the image, which the window does not tell.
    if (!window || !rescale || prepared.warnings.includes('voi-lut-outside-range')) return null
    const inverted = facts.photometricInterpretation === 'MONOCHROME1'
    return { context, finding, outlines, window, rescale, size: prepared.source, inverted }
  },
  build: (source) => writePart10(buildPresentationState(source)),
}
