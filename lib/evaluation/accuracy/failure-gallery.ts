import type { GreyImage } from '../../screening/kernel/grey-image.ts'
import { decodeReference, type ReferenceGrid } from '../dataset/decode-reference.ts'
import type { Annotations } from '../dataset/read-annotations.ts'
import { type ContouredMask, contourColours, contourThumbnail } from '../report/contour-thumbnail.ts'
import { formatNumber } from '../report/format-figures.ts'
import { type Html, html } from '../report/html.ts'
import { readMask } from '../results/read-mask.ts'
import { readResultDocument } from '../results/read-result-document.ts'
import { isDiscordant } from './cascade-accounting.ts'
import type { EvaluatedImage } from './evaluated-image.ts'

export interface GallerySource {
  readonly folder: string
  readonly annotations: Annotations | null
  readonly grid: ReferenceGrid
  /** The picture of an image as the models see it; null when it cannot be found or read. */
  readonly loadPicture: (image: EvaluatedImage) => Promise<GreyImage | null>
  readonly perShelf: number
}

/** The worst images of each kind of failure, worst first, with both outlines. */
export async function failureGallery(images: readonly EvaluatedImage[], source: GallerySource): Promise<Html[]> {
  const shelves: Html[] = []
  for (const { title, members, caption } of failureShelves(images)) {
    if (members.length === 0) continue
    const shown = members.slice(0, source.perShelf)
    const cards: Html[] = []
    for (const image of shown) cards.push(await card(image, caption(image), source))
    shelves.push(html`<h3>${title} (${shown.length} of ${members.length})</h3><div class="gallery">${cards}</div>\n`)
  }
  return shelves
}

interface Shelf {
  readonly title: string
  readonly members: readonly EvaluatedImage[]
  readonly caption: (image: EvaluatedImage) => string
}

export function failureShelves(images: readonly EvaluatedImage[]): Shelf[] {
  const probability = (image: EvaluatedImage): string => `p = ${formatNumber(image.probability)}`
  const dice = (image: EvaluatedImage): string =>
    `Dice ${formatNumber(image.segmentation?.dice, 2)}, ${probability(image)}`
  const ascending = (of: (image: EvaluatedImage) => number) => (a: EvaluatedImage, b: EvaluatedImage) => of(a) - of(b)
  const byProbability = ascending((image) => image.probability)
  return [
    {
      title: 'Pneumothorax missed by the classifier',
      members: images.filter((image) => image.positive && !image.called).sort(byProbability),
      caption: probability,
    },
    {
      title: 'Pneumothorax suspected, no region delineated (discordant)',
      members: images.filter((image) => image.positive && isDiscordant(image)).sort(byProbability),
      caption: probability,
    },
    {
      title: 'Pneumothorax delineated worst',
      members: images
        .filter((image) => image.positive && image.called && !isDiscordant(image) && image.segmentation !== null)
        .filter((image) => image.segmentation!.dice < 0.5)
        .sort(ascending((image) => image.segmentation!.dice)),
      caption: dice,
    },
    {
      title: 'False alarms',
      members: images.filter((image) => !image.positive && image.called).sort((a, b) => byProbability(b, a)),
      caption: probability,
    },
  ]
}

async function card(image: EvaluatedImage, caption: string, source: GallerySource): Promise<Html> {
  const picture = await source.loadPicture(image)
  if (!picture) return html`<figure><figcaption>${image.key}<br>${caption}<br>(picture not found)</figcaption></figure>`
  const masks: ContouredMask[] = []
  const codes = source.annotations?.runLengths.get(image.key) ?? []
  const predicted = await readMask(source.folder, image.imageId).catch(() => null)
  if (codes.length > 0) {
    const stored = await readResultDocument(source.folder, image.imageId)
    const size = source.grid === 'image' ? (stored?.source ?? picture) : source.grid
    const pixels = tryDecode(image.key, codes, size)
    if (pixels)
      masks.push({ mask: { rows: size.rows, columns: size.columns, pixels }, colour: contourColours.reference })
  }
  if (predicted) masks.push({ mask: predicted, colour: contourColours.predicted })
  const { uri, rows, columns } = await contourThumbnail(picture, masks)
  return html`<figure><img src="${uri}" width="${columns}" height="${rows}" alt="${caption}"><figcaption>${caption}<br>${image.key}</figcaption></figure>`
}

/** A gallery is no place to fail: a mask on an unknown grid is left out. */
function tryDecode(key: string, codes: readonly string[], size: { rows: number; columns: number }): Uint8Array | null {
  try {
    return decodeReference(key, codes, size)
  } catch {
    return null
  }
}
