import type { GreyImage } from '../../kernel/grey-image.ts'
import type { DocumentType } from '../document-type.ts'

/** The air as a picture in the geometry of the source: 255 inside, 0 elsewhere. */
export const mask: DocumentType<GreyImage> = {
  name: 'mask.png',
  mediaType: 'image/png',
  needs({ finding, prepared }, { deliverMask }) {
    if (!deliverMask || finding.outcome !== 'suspected' || !prepared) return null
    return { ...prepared.source, pixels: finding.delineation.mask.map((inside) => (inside ? 255 : 0)) }
  },
  build: (picture, { codecs }) => codecs.encodeGreyPng(picture),
}
