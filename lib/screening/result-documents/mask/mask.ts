import { isDelineated } from '../../finding/finding.ts'
import type { BoundingBox, ImageSize } from '../../kernel/geometry.ts'
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
    const { mask, boundingBox } = finding.delineation
    return { ...prepared.source, pixels: whiten(mask, prepared.source, boundingBox) }
  },
  build: (picture, tools) => tools().codecs.encodeGreyPng(picture),
}

/** Only where there is a region: of 64 megapixels it takes in a few. */
function whiten(mask: Uint8Array, { columns }: ImageSize, box: BoundingBox | null): Uint8Array {
  const pixels = new Uint8Array(mask.length)
  if (!box) return pixels
  for (let row = box.row; row < box.row + box.rows; row++) {
    const start = row * columns + box.column
    for (let pixel = start; pixel < start + box.columns; pixel++) pixels[pixel] = mask[pixel] ? 255 : 0
  }
  return pixels
}
