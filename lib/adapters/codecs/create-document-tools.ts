import type { PixelCodecs } from '../../screening/kernel/ports.ts'
import type { DocumentTools } from '../../screening/result-documents/document-type.ts'
import { loadTypeface } from './load-typeface.ts'
import { encodeColourPng, renderOverlay } from './render-overlay.ts'

export const createDocumentTools = (codecs: PixelCodecs): DocumentTools => ({
  codecs,
  typeface: loadTypeface(),
  renderOverlay,
  encodeColourPng,
})
