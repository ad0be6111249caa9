import type { ClassActivationMap } from '../../classification/classify.ts'
import type { GreyImage } from '../../kernel/grey-image.ts'
import type { DocumentType } from '../document-type.ts'

/** Where the classifier looked, suspected or not, on the network's own upright grid. */
export const classActivationMap: DocumentType<ClassActivationMap> = {
  kind: 'class-activation-map',
  name: 'class-activation-map.png',
  mediaType: 'image/png',
  needs({ finding }) {
    return finding.outcome === 'not-analysed' ? null : finding.classification.classActivationMap
  },
  build: (map, tools) => tools().codecs.encodeGreyPng(greyOf(map)),
}

/** From the map's lowest value (black) to its highest (white). */
function greyOf(map: ClassActivationMap): GreyImage {
  const low = map.values.reduce((a, b) => Math.min(a, b))
  const range = map.values.reduce((a, b) => Math.max(a, b)) - low || 1
  const pixels = Uint8Array.from(map.values, (value) => Math.round((255 * (value - low)) / range))
  return { rows: map.rows, columns: map.columns, pixels }
}
