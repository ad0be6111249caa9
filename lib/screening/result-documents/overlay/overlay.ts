import { buildOverlay } from './build-overlay.ts'
import { overlayDocument } from './overlay-document.ts'

/** The region outlined, with a caption. */
export const overlay = overlayDocument('overlay', 'overlay.png', buildOverlay)
