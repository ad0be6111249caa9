import type { DocumentType } from '../document-type.ts'
import { buildOverlay } from './build-overlay.ts'
import { type OverlaySource, overlaySource } from './overlay-source.ts'

/** The prepared image with the region outlined and a caption, for people to look at. */
export const overlay: DocumentType<OverlaySource> = {
  kind: 'overlay',
  name: 'overlay.png',
  mediaType: 'image/png',
  needs: overlaySource,
  async build({ finding, prepared, facts }, tools) {
    const { renderOverlay, encodeColourPng, typeface } = tools()
    return encodeColourPng(await renderOverlay(prepared, buildOverlay(finding, prepared, facts, typeface)))
  },
}
