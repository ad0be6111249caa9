import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import opentype from 'opentype.js'
import type { Typeface } from '../../screening/result-documents/overlay/overlay-marks.ts'

/** IBM Plex Sans (OFL-1.1) from its npm package: overlays look the same on machines without any font. */
export function loadTypeface(): Typeface {
  const file = createRequire(import.meta.url).resolve(
    '@fontsource/ibm-plex-sans/files/ibm-plex-sans-latin-400-normal.woff',
  )
  const bytes = readFileSync(file)
  const font = opentype.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
  const drawn = new Map<string, string>()
  return {
    widthOf: (text, sizePixels) => font.getAdvanceWidth(text, sizePixels),
    outline(text, x, y, sizePixels) {
      const key = JSON.stringify([text, x, y, sizePixels])
      const known = drawn.get(key)
      if (known !== undefined) return known
      const path = font.getPath(text, x, y, sizePixels).toPathData(1)
      // The notice is the same below every picture of a size; what is found is not.
      if (drawn.size >= keptOutlines) drawn.clear()
      drawn.set(key, path)
      return path
    },
  }
}

const keptOutlines = 64
