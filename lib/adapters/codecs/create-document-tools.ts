import type { PixelCodecs } from '../../screening/kernel/ports.ts'
import type { DocumentTools } from '../../screening/result-documents/document-type.ts'
import { encodeOverlay } from './encode-overlay.ts'
import { loadTypeface } from './load-typeface.ts'

export const createDocumentTools = (codecs: PixelCodecs): DocumentTools => ({
  codecs,
  typeface: loadTypeface(),
  encodeOverlay,
})
