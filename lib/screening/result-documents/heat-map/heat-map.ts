import { overlayDocument } from '../overlay/overlay-document.ts'
import { buildHeatMap } from './build-heat-map.ts'

/** The segmenter's map over the image. */
export const heatMap = overlayDocument('heat-map', 'heat-map.png', buildHeatMap)
