import type { DocumentType } from '../document-type.ts'
import { type OverlaySource, overlaySource } from '../overlay/overlay-source.ts'
import { buildHeatMap } from './build-heat-map.ts'

/** The prepared image with the segmenter's map over it, for people to look at. */
export const heatMap: DocumentType<OverlaySource> = {
  kind: 'heat-map',
  name: 'heat-map.png',
  mediaType: 'image/png',
  needs: overlaySource,
  async build({ finding, prepared, facts }, tools) {
    const { renderOverlay, encodeColourPng, typeface } = tools()
    return encodeColourPng(await renderOverlay(prepared, buildHeatMap(finding, prepared, facts, typeface)))
  },
}
