import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { ImageSize } from '../../screening/kernel/geometry.ts'
import type { GreyImage } from '../../screening/kernel/grey-image.ts'
import { decodeReference, type ReferenceGrid } from '../dataset/decode-reference.ts'
import type { Annotations } from '../dataset/read-annotations.ts'
import { type ContouredMask, contourColours, contourThumbnail } from '../report/contour-thumbnail.ts'
import { type Html, html } from '../report/html.ts'
import type { FileFacts } from './file-facts.ts'

export interface SampleSheetSource {
  readonly annotations: Annotations | null
  readonly grid: ReferenceGrid
  readonly loadPicture: (path: string) => Promise<GreyImage | null>
}

/** Pictures of some images with the outline of their masks. */
export async function sampleSheet(sample: readonly FileFacts[], source: SampleSheetSource): Promise<Html | null> {
  const cards: Html[] = []
  for (const facts of sample) {
    const picture = await source.loadPicture(facts.path)
    if (!picture) continue
    const codes = source.annotations?.runLengths.get(facts.key) ?? []
    const masks: ContouredMask[] = []
    if (codes.length > 0) {
      const own = { rows: facts.rows ?? picture.rows, columns: facts.columns ?? picture.columns }
      const size = source.grid === 'image' ? own : source.grid
      const pixels = decodeOrNull(facts.key, codes, size)
      if (pixels) masks.push({ mask: { ...size, pixels }, colour: contourColours.predicted })
    }
    const { uri, rows, columns } = await contourThumbnail(picture, masks)
    const caption = [facts.acquisition?.viewPosition, facts.acquisition?.sex, ageOf(facts)].filter(Boolean).join(', ')
    cards.push(
      html`<figure><img src="${uri}" width="${columns}" height="${rows}" alt="${codes.length > 0 ? 'with mask' : 'without mask'}"><figcaption>${codes.length > 0 ? 'Pneumothorax' : 'No pneumothorax'}${caption ? `; ${caption}` : ''}<br>${facts.key}</figcaption></figure>`,
    )
  }
  return cards.length === 0 ? null : html`<div class="gallery">${cards}</div>\n`
}

/** Null for a code that cannot be read: it is among the problems of the exploration already. */
function decodeOrNull(key: string, codes: readonly string[], size: ImageSize): Uint8Array | null {
  try {
    return decodeReference(key, codes, size)
  } catch (error) {
    if (error instanceof ConfigurationError) return null
    throw error
  }
}

function ageOf(facts: FileFacts): string | null {
  const age = facts.acquisition?.ageYears ?? null
  return age === null ? null : `${Math.round(age)} years`
}
