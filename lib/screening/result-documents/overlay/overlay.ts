import type { DocumentType } from '../document-type.ts'
import { type OverlaySource, overlayPicture, overlaySource } from './overlay-picture.ts'

/** The prepared image with the region outlined and a caption, for people to look at. */
export const overlay: DocumentType<OverlaySource> = {
  kind: 'overlay',
  name: 'overlay.png',
  mediaType: 'image/png',
  needs: overlaySource,
  build: async (source, tools) => tools().encodeColourPng(await overlayPicture(source, tools())),
}
