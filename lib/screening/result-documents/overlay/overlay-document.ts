import type { DocumentKind } from '../../kernel/document-kinds.ts'
import type { DocumentType } from '../document-type.ts'
import type { buildOverlay } from './build-overlay.ts'
import { type OverlaySource, overlaySource } from './overlay-source.ts'

/** A picture for people to look at: the prepared image with the marks that `draw` makes. */
export const overlayDocument = (
  kind: DocumentKind,
  name: string,
  draw: typeof buildOverlay,
): DocumentType<OverlaySource> => ({
  kind,
  name,
  mediaType: 'image/png',
  needs: overlaySource,
  async build({ finding, prepared, facts }, tools) {
    const { renderOverlay, encodeColourPng, typeface } = tools()
    return encodeColourPng(await renderOverlay(prepared, draw(finding, prepared, facts, typeface)))
  },
})
