import { isDelineated } from '../../finding/finding.ts'
import type { GreyImage } from '../../kernel/grey-image.ts'
import type { DocumentType } from '../document-type.ts'

export const maskName = 'mask.png'

/** The air as a picture in the geometry of the source: 255 inside, 0 elsewhere. */
export const mask: DocumentType<GreyImage> = {
  kind: 'mask',
  name: maskName,
  mediaType: 'image/png',
  needs({ finding, prepared }) {
    if (!isDelineated(finding) || !prepared) return null
    return { ...prepared.source, pixels: whiten(finding.delineation.mask) }
  },
  build: (picture, tools) => tools().codecs.encodeGreyPng(picture),
}

/** A loop, not `map`: of 64 megapixels it takes a tenth of the time. */
function whiten(mask: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(mask.length)
  for (let pixel = 0; pixel < mask.length; pixel++) pixels[pixel] = mask[pixel] ? 255 : 0
  return pixels
}
