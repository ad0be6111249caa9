import { forEachConcurrently } from '../../adapters/embedded/for-each-concurrently.ts'
import type { ImageSize } from '../../screening/kernel/geometry.ts'
import { decodeReference, type ReferenceGrid } from '../dataset/decode-reference.ts'
import type { Annotations } from '../dataset/read-annotations.ts'
import type { Labels } from '../dataset/read-labels.ts'
import { type Mask, readMask, regridMask } from '../results/read-mask.ts'
import { readResultDocument, type StoredDocument } from '../results/read-result-document.ts'
import { readResults } from '../results/read-results.ts'
import type { EvaluatedImage, EvaluationSample } from './evaluated-image.ts'
import { joinResults } from './join-results.ts'
import { emptyAgreement, measureAgreement } from './measure-agreement.ts'

export interface LoadedSample extends EvaluationSample {
  readonly folder: string
  /** Ids of the bundles that made the results. */
  readonly models: readonly string[]
  /** The deployed operating points met, by threshold; usually one. */
  readonly deployed: readonly { readonly id: string; readonly threshold: number }[]
}

/**
 * Reads stored results, joins them to the labels and compares the masks with the reference.
 * @param onProgress after each image
 * @throws {ConfigurationError} when nothing is stored, or the reference's grid cannot be right
 */
export async function loadSample(
  folder: string,
  labels: Labels,
  annotations: Annotations | null,
  grid: ReferenceGrid,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<LoadedSample> {
  const stored = await readResults(folder)
  const joined = joinResults(labels, stored)
  const problems = [...joined.problems]
  const deployed = new Map<number, string>()
  const images: EvaluatedImage[] = new Array(joined.images.length)
  let done = 0
  await forEachConcurrently(joined.images.entries(), 4, async ([at, image]) => {
    const document = await readResultDocument(folder, image.imageId)
    const point = document?.classification?.operatingPoint
    if (point) deployed.set(point.threshold, point.id)
    const segmentation = annotations
      ? await compareMasks(folder, image, annotations, document, grid, (problem) => problems.push(problem))
      : null
    const viewPosition = image.viewPosition ?? document?.source?.viewPosition ?? null
    images[at] = { ...image, viewPosition, segmentation }
    onProgress(++done, joined.images.length)
  })
  return {
    ...joined,
    images,
    problems,
    folder,
    models: [...new Set(stored.results.flatMap((result) => result.models.map((model) => model.id)))],
    deployed: [...deployed].map(([threshold, id]) => ({ id, threshold })),
  }
}

async function compareMasks(
  folder: string,
  image: EvaluatedImage,
  annotations: Annotations,
  document: StoredDocument | null,
  grid: ReferenceGrid,
  report: (problem: string) => void,
): Promise<EvaluatedImage['segmentation']> {
  const codes = annotations.runLengths.get(image.key)
  if (!codes && image.positive) return null
  const empty = !codes || codes.length === 0
  if (empty && image.positive) {
    report(`${image.key}: labelled positive, annotated as empty; its mask is not compared`)
    return null
  }
  const source = document?.source ?? null
  const predicted = image.called ? await readMask(folder, image.imageId) : null
  if (image.predictedAreaPixels > 0 && !predicted) {
    report(`${image.key}: the result speaks of a mask, but mask.png is missing; the mask is not compared`)
    return null
  }
  if (empty && !predicted) return emptyAgreement
  const size = grid === 'image' ? (source ?? predicted) : grid
  if (!size) {
    report(`${image.key}: the size of the image is not stored; its mask is not compared`)
    return null
  }
  const reference = decodeReference(image.key, codes ?? [], size)
  const onGrid = predicted ? regridMask(predicted, size).pixels : new Uint8Array(size.rows * size.columns)
  return measureAgreement(reference, onGrid, size, pitchOnGrid(source, predicted, size))
}

function pitchOnGrid(
  source: StoredDocument['source'] | null,
  predicted: Mask | null,
  size: ImageSize,
): { row: number; column: number } | null {
  const spacing = source?.pixelSpacingMm
  const from = source ?? predicted
  if (!spacing || !from) return null
  return { row: (spacing.row * from.rows) / size.rows, column: (spacing.column * from.columns) / size.columns }
}
