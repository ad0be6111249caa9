import { access, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { forEachConcurrently } from '../../adapters/embedded/for-each-concurrently.ts'
import { makeFolder } from '../../adapters/embedded/make-folder.ts'
import { encodePath, utf8PathOf } from '../../adapters/embedded/path-bytes.ts'
import { ConfigurationError, NothingToAnalyseError, StudyRejectedError } from '../../screening/kernel/errors.ts'
import { imageIdOf } from '../../screening/kernel/identifiers.ts'
import type { PixelCodecs } from '../../screening/kernel/ports.ts'
import { prepareImage } from '../../screening/prepared-image/prepare-image.ts'
import { decodeRadiograph } from '../../screening/radiograph/decode-radiograph.ts'
import type { SuitabilityPolicy } from '../../screening/radiograph/suitability.ts'
import { type DatasetRecord, datasetColumns, datasetRow } from './dataset-record.ts'
import { decodeReference, type ReferenceGrid } from './decode-reference.ts'
import { imageKeyOf } from './image-key.ts'
import { listImages } from './list-images.ts'
import { patientKeyOf } from './patient-key.ts'
import { patientSplits, type SplitShare } from './patient-splits.ts'
import type { Annotations } from './read-annotations.ts'
import type { Labels } from './read-labels.ts'
import { csvLine } from './read-table.ts'
import { imagePath, writeTrainingImage } from './write-training-image.ts'

export interface DatasetOptions {
  readonly annotations: Annotations | null
  readonly labels: Labels | null
  /** Only images with a row in `labels`: the table was filtered, and what it leaves out must not come back. */
  readonly onlyLabelled: boolean
  readonly grid: ReferenceGrid
  readonly longSides: readonly number[]
  readonly splits: readonly SplitShare[]
  readonly seed: number
  readonly concurrency: number
  readonly policy: SuitabilityPolicy
  readonly onStart?: (files: number) => void
  readonly onFile?: () => void
}

export interface PreparedDataset {
  readonly images: number
  readonly masks: number
  readonly copies: number
  readonly refused: readonly { readonly path: string; readonly code: string }[]
  readonly bySplit: Readonly<Record<string, { readonly images: number; readonly positives: number }>>
}

/**
 * Turns a folder of radiographs and their annotations into a data set for training: PNG in each size, masks,
 * index.csv, splits by patient. Files of the same content become one image; files that screening would refuse are
 * left out and listed in refused.csv. Pictures that are there already are not made again.
 * @throws {ConfigurationError} when no file can be used, or run lengths do not fit
 * @throws {NothingToAnalyseError} when there is no file that may be an image
 */
export async function prepareDataset(
  root: string,
  out: string,
  codecs: PixelCodecs,
  options: DatasetOptions,
): Promise<PreparedDataset> {
  const files: string[] = []
  const refused: { path: string; code: string }[] = []
  for await (const { path, problem } of listImages(root, out)) {
    const isAsked = !options.onlyLabelled || options.labels?.images.has(imageKeyOf(path))
    if (problem) refused.push({ path: pathInTable(root, path), code: problem })
    else if (isAsked) files.push(path)
  }
  // Of several copies the first is kept: better one that has a label.
  const isLabelled = (path: string): boolean => {
    const key = imageKeyOf(path)
    return Boolean(options.annotations?.runLengths.has(key) || options.labels?.images.has(key))
  }
  files.sort((a, b) => Number(isLabelled(b)) - Number(isLabelled(a)))
  if (files.length === 0) {
    if (!options.onlyLabelled) throw new NothingToAnalyseError([root])
    throw new ConfigurationError(
      `${root} holds no file that may be an image that the labels name. Check the filter and the ids.`,
    )
  }
  options.onStart?.(files.length)
  const shared = sharedKeys(files)
  const records: (DatasetRecord | null)[] = new Array(files.length).fill(null)
  let copies = 0
  const contents = distinctContents(files, {
    onCopy: () => {
      copies++
      options.onFile?.()
    },
    onUnreadable: (path) => {
      refused.push({ path: pathInTable(root, path), code: 'unreadable' })
      options.onFile?.()
    },
  })
  await forEachConcurrently(contents, options.concurrency, async ({ at, path, bytes, imageId }) => {
    const key = imageKeyOf(path)
    const name = fileNameOf(key, shared.has(key), imageId)
    try {
      records[at] = await prepareOne(bytes, { root, path, out, key, name, imageId }, codecs, options)
    } catch (error) {
      if (!(error instanceof StudyRejectedError)) throw error
      refused.push({ path: pathInTable(root, path), code: error.code })
    }
    options.onFile?.()
  })
  const made = records.filter((record): record is DatasetRecord => record !== null)
  if (made.length === 0) throw new ConfigurationError(`None of the ${files.length} files in ${root} could be used.`)
  return writeTables(out, made, refused, copies, options)
}

/** Reads one file after the other and passes over contents that came before: the same choice on every run. */
async function* distinctContents(
  files: readonly string[],
  { onCopy, onUnreadable }: { onCopy: () => void; onUnreadable: (path: string) => void },
) {
  const seen = new Set<string>()
  for (const [at, path] of files.entries()) {
    const bytes = await readFile(encodePath(path)).catch(() => null)
    if (!bytes) {
      onUnreadable(path)
      continue
    }
    const imageId = imageIdOf(bytes)
    if (seen.has(imageId)) onCopy()
    else {
      seen.add(imageId)
      yield { at, path, bytes, imageId }
    }
  }
}

interface Source {
  readonly root: string
  readonly path: string
  readonly out: string
  readonly key: string
  readonly name: string
  readonly imageId: string
}

async function prepareOne(
  bytes: Uint8Array,
  { root, path, out, key, name, imageId }: Source,
  codecs: PixelCodecs,
  { annotations, labels, grid, longSides, policy }: DatasetOptions,
): Promise<DatasetRecord> {
  const radiograph = await decodeRadiograph(bytes, codecs, policy)
  const codes = annotations?.runLengths.get(key) ?? null
  const size = grid === 'image' ? radiograph : grid
  const mask =
    codes && codes.length > 0
      ? { rows: size.rows, columns: size.columns, pixels: decodeReference(key, codes, size) }
      : null
  const last = longSides[longSides.length - 1]
  const isThere = await access(join(out, imagePath(last, name))).then(
    () => true,
    () => false,
  )
  if (!isThere) await writeTrainingImage(out, name, prepareImage(radiograph), mask, longSides, codecs)
  const label = labels?.images.get(key) ?? null
  const { facts } = radiograph
  return {
    name,
    key,
    imageId,
    path: pathInTable(root, path),
    positive: codes ? codes.length > 0 : (label?.positive ?? null),
    annotations: codes?.length ?? null,
    patient: label?.patient ?? patientKeyOf(bytes),
    viewPosition: facts.viewPosition ?? label?.viewPosition ?? null,
    sex: facts.patientSex ?? label?.sex ?? null,
    ageYears: facts.patientAgeYears ?? label?.ageYears ?? null,
    rows: radiograph.rows,
    columns: radiograph.columns,
    rowSpacingMm: facts.pixelSpacing?.rowMm ?? null,
    columnSpacingMm: facts.pixelSpacing?.columnMm ?? null,
    maskFraction: mask ? mask.pixels.reduce((sum, inside) => sum + inside, 0) / mask.pixels.length : null,
  }
}

async function writeTables(
  out: string,
  records: readonly DatasetRecord[],
  refused: readonly { path: string; code: string }[],
  copies: number,
  { splits: shares, seed }: DatasetOptions,
): Promise<PreparedDataset> {
  const splits = patientSplits(
    records.map(({ name, patient, positive }) => ({ key: name, patient, positive })),
    shares,
    seed,
  )
  const bySplit = Object.fromEntries(shares.map(({ name }) => [name, { images: 0, positives: 0 }]))
  for (const { name, positive } of records) {
    const split = bySplit[splits.get(name)!]
    split.images++
    if (positive) split.positives++
  }
  await makeFolder(out)
  const rows = records.map((record) => csvLine(datasetRow(record, splits.get(record.name)!)))
  await writeFile(join(out, 'index.csv'), csvLine(datasetColumns) + rows.join(''))
  const refusedRows = [...refused].sort((a, b) => (a.path < b.path ? -1 : 1))
  await writeFile(
    join(out, 'refused.csv'),
    csvLine(['file', 'reason']) + refusedRows.map(({ path, code }) => csvLine([path, code])).join(''),
  )
  const masks = records.filter(({ maskFraction }) => maskFraction !== null).length
  return { images: records.length, masks, copies, refused: refusedRows, bySplit }
}

const pathInTable = (root: string, path: string): string => utf8PathOf(relative(root, path))

/** Bytes outside UTF-8 have no place in a table: two names that differ in them alone are told apart by the image. */
function fileNameOf(key: string, isShared: boolean, imageId: string): string {
  const shown = utf8PathOf(key)
  return isShared || shown !== key ? `${shown}-${imageId.slice(0, 8)}` : key
}

/** File names that occur in several folders: they do not tell images apart. */
function sharedKeys(files: readonly string[]): Set<string> {
  const seen = new Set<string>()
  const shared = new Set<string>()
  for (const path of files) {
    const key = imageKeyOf(path)
    if (seen.has(key)) shared.add(key)
    seen.add(key)
  }
  return shared
}
