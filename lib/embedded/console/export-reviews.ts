import { basename, join } from 'node:path'
import { createCodecs } from '../../adapters/codecs/create-codecs.ts'
import { FolderObjectStore } from '../../adapters/embedded/folder-object-store.ts'
import { makeFolder } from '../../adapters/embedded/make-folder.ts'
import { displayPath } from '../../adapters/embedded/path-bytes.ts'
import { systemClock } from '../../adapters/embedded/system-clock.ts'
import { writeFileAtomically } from '../../adapters/embedded/write-file-atomically.ts'
import { buildLabelTable, csvCell, maskNameOf } from '../../console/api/build-label-table.ts'
import type { Reviews } from '../../console/api/console-ports.ts'
import { labelNames, type NamedStudy } from '../../console/api/label-names.ts'
import { byStudy, commonWord, lastWordsOf } from '../../console/api/last-words.ts'
import type { Review } from '../../console/contract/review.ts'
import { encodeRunLength } from '../../screening/finding/run-length.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { PixelCodecs } from '../../screening/kernel/ports.ts'
import type { ResultLine } from '../../screening/result-documents/result-line.ts'
import { FolderReviews } from './folder-reviews.ts'
import { ResultFollower } from './result-follower.ts'

export interface ExportedReviews {
  /** Last words of readers on images. */
  readonly reviews: number
  readonly images: number
  readonly positive: number
  readonly negative: number
  /** No reader decides: no label. Named as in the tables. */
  readonly undecided: readonly string[]
  /** Readers differ whether a pneumothorax is present: no label. */
  readonly differing: readonly { readonly image: string; readonly words: readonly ReaderWord[] }[]
  readonly masks: number
  /** Images that are named by their id, since other images have the same file name, or none is known. */
  readonly namedById: readonly string[]
}

type ReaderWord = Pick<Review, 'reviewer' | 'pneumothorax'>

/**
 * Reads an output folder, also while a program writes to it, and writes the tables of its reviews.
 * @throws {ConfigurationError} when it holds no review; nothing is written then
 */
export async function exportFolderReviews(resultsDir: string, outDir: string): Promise<ExportedReviews> {
  const store = new FolderObjectStore(resultsDir)
  const reviews = await FolderReviews.open(store, systemClock, () => {})
  if ((await reviews.all()).length === 0) {
    throw new ConfigurationError(
      `${resultsDir} holds no reviews. Is it the folder that \`pleura serve --out\` has served?`,
    )
  }
  const { lines } = await new ResultFollower(join(resultsDir, 'results.jsonl')).look()
  const codecs = createCodecs()
  try {
    return await exportReviews(namedStudies(lines), reviews, codecs, outDir)
  } finally {
    await codecs.close()
  }
}

/**
 * Writes `labels.csv`, `masks.csv` (SIIM-ACR run lengths on the grid of each image) and `masks/<reviewId>.png`: what
 * `pleura evaluate` and `pleura prepare-dataset` read. Only drawn masks count as masks: a region that a reader agreed
 * with is the model's own.
 */
async function exportReviews(
  studies: readonly NamedStudy[],
  reviews: Pick<Reviews, 'all' | 'mask'>,
  codecs: PixelCodecs,
  outDir: string,
): Promise<ExportedReviews> {
  const lastWords = lastWordsOf(await reviews.all())
  const names = labelNames(studies)
  const nameOf = (studyId: string): string => names.get(studyId) ?? studyId
  const images = [...byStudy(lastWords)].map(([studyId, words]) => ({ studyId, words, common: commonWord(words) }))
  const named = (common: Review['pneumothorax']): string[] =>
    images.filter((image) => image.common === common).map(({ studyId }) => nameOf(studyId))

  await makeFolder(join(outDir, 'masks'))
  const codes: string[] = []
  let masks = 0
  for (const { studyId, words, common } of images) {
    if (common === 'absent') codes.push(`${csvCell(nameOf(studyId))},-1`)
    for (const review of words) {
      const png = review.mask && (await reviews.mask(studyId, review.reviewId))
      if (!png) continue
      masks++
      await writeFileAtomically(join(outDir, 'masks', maskNameOf(review)), png)
      if (common !== 'present') continue
      const { values, rows, columns } = await codecs.decodeRaster(png)
      const mask = Uint8Array.from(values, (value) => (value === 0 ? 0 : 1))
      codes.push(`${csvCell(nameOf(studyId))},${encodeRunLength(mask, { rows, columns })}`)
    }
  }
  await writeText(join(outDir, 'masks.csv'), `${['ImageId,EncodedPixels', ...codes].join('\n')}\n`)
  await writeText(join(outDir, 'labels.csv'), buildLabelTable(lastWords, names))
  return {
    reviews: lastWords.length,
    images: images.length,
    positive: named('present').length,
    negative: named('absent').length,
    undecided: named('undecided'),
    differing: images
      .filter(({ common }) => common === null)
      .map(({ studyId, words }) => ({
        image: nameOf(studyId),
        words: words.map(({ reviewer, pneumothorax }) => ({ reviewer, pneumothorax })),
      })),
    masks,
    namedById: images.map(({ studyId }) => studyId).filter((studyId) => nameOf(studyId) === studyId),
  }
}

const writeText = (path: string, text: string): Promise<boolean> =>
  writeFileAtomically(path, new TextEncoder().encode(text))

function namedStudies(lines: readonly ResultLine[]): NamedStudy[] {
  const names = new Map<string, string[]>()
  for (const { imageId, input } of lines) {
    // What could not be read at all has no id: nobody can have reviewed its picture.
    if (imageId === null) continue
    names.set(imageId, [displayPath(basename(input)), ...(names.get(imageId) ?? [])])
  }
  return [...names].map(([studyId, ofStudy]) => ({ studyId, names: ofStudy }))
}
