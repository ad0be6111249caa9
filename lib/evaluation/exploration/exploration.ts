import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { decodeReference, type ReferenceGrid } from '../dataset/decode-reference.ts'
import type { Annotations } from '../dataset/read-annotations.ts'
import type { Labels } from '../dataset/read-labels.ts'
import type { FileFacts } from './file-facts.ts'
import { ImageSummary } from './image-summary.ts'
import { MaskSummary } from './mask-summary.ts'
import { SampleDrawer } from './sample-drawer.ts'

export interface ExplorationCounts {
  files: number
  /** Different contents among them. */
  images: number
  /** Files whose content another file has too. */
  copies: number
  /** Files that the pipeline would refuse. */
  problemFiles: number
  annotationRows: number
  annotationDuplicates: number
  annotatedImages: number
  annotatedWithoutFile: number
  imagesWithoutLabel: number
}

/** What is known of a folder of radiographs. */
export interface Exploration {
  readonly counts: ExplorationCounts
  readonly images: ImageSummary
  readonly masks: MaskSummary
  readonly problemCodes: ReadonlyMap<string, number>
  /** At most `rememberedProblems`; the journal has them all. */
  readonly problems: readonly string[]
  readonly tableProblems: readonly string[]
  readonly sample: readonly FileFacts[]
}

export interface ExplorationSources {
  readonly annotations: Annotations | null
  readonly labels: Labels | null
  readonly grid: ReferenceGrid
  /** Of each label on the sample sheet. */
  readonly sampleSize: number
  readonly seed: number
}

const rememberedProblems = 500
const siimGrid = { rows: 1024, columns: 1024 }

/**
 * Summarises facts in two passes over them; copies of one content count once, under the name that has a label.
 * Only one mask is in memory at a time.
 */
export async function summariseFacts(
  facts: () => AsyncIterable<FileFacts>,
  { annotations, labels, grid, sampleSize, seed }: ExplorationSources,
): Promise<Exploration> {
  const images = new ImageSummary()
  const masks = new MaskSummary()
  const problemCodes = new Map<string, number>()
  const problems: string[] = []
  const keys = new Map<string, string | null>()
  const drawers = [new SampleDrawer<FileFacts>(sampleSize, seed), new SampleDrawer<FileFacts>(sampleSize, seed)]
  const counts = { files: 0, images: 0, copies: 0, problemFiles: 0, imagesWithoutLabel: 0 }
  const remember = (problem: string): void => {
    if (problems.length < rememberedProblems) problems.push(problem)
  }

  const representatives = await chooseRepresentatives(facts(), (key) =>
    Boolean(annotations?.runLengths.has(key) || labels?.images.has(key)),
  )
  for await (const file of facts()) {
    counts.files++
    if (file.problem) {
      counts.problemFiles++
      problemCodes.set(file.problem.code, (problemCodes.get(file.problem.code) ?? 0) + 1)
      remember(`${file.path}: ${file.problem.code} (${file.problem.detail})`)
    }
    if (file.imageId !== null && representatives.get(file.imageId) !== file.path) {
      counts.copies++
      keys.set(file.key, file.imageId)
      continue
    }
    if (keys.has(file.key) && keys.get(file.key) !== file.imageId) {
      remember(`${file.path}: another file of this name has different content`)
    }
    keys.set(file.key, file.imageId)
    if (file.rows === null) continue

    counts.images++
    const label = labels?.images.get(file.key) ?? null
    const codes = annotations?.runLengths.get(file.key)
    const positive = codes ? codes.length > 0 : (label?.positive ?? null)
    if (positive === null) counts.imagesWithoutLabel++
    images.add(file, positive, label)
    if (codes && codes.length > 0) {
      try {
        addMask(masks, file, codes, grid)
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error
        remember(error.message)
      }
    }
    if (positive !== null) drawers[positive ? 0 : 1].offer(file.key, file)
  }

  const withoutFile = [...(annotations?.runLengths.keys() ?? [])].filter((key) => !keys.has(key)).length
  return {
    counts: {
      ...counts,
      annotationRows: annotations?.rowCount ?? 0,
      annotationDuplicates: annotations?.duplicateCount ?? 0,
      annotatedImages: annotations?.runLengths.size ?? 0,
      annotatedWithoutFile: withoutFile,
    },
    images,
    masks,
    problemCodes,
    problems,
    tableProblems: [...(annotations?.problems ?? []), ...(labels?.problems ?? [])],
    sample: drawers.flatMap((drawer) => drawer.drawn()),
  }
}

/** For each content the file it counts under: one with a label if there is one, the first by name otherwise. */
async function chooseRepresentatives(
  facts: AsyncIterable<FileFacts>,
  isLabelled: (key: string) => boolean,
): Promise<Map<string, string>> {
  const chosen = new Map<string, { path: string; labelled: boolean }>()
  for await (const { imageId, path, key } of facts) {
    if (imageId === null) continue
    const labelled = isLabelled(key)
    const known = chosen.get(imageId)
    const isBetter = !known || (labelled === known.labelled ? path < known.path : labelled)
    if (isBetter) chosen.set(imageId, { path, labelled })
  }
  return new Map([...chosen].map(([imageId, { path }]) => [imageId, path]))
}

function addMask(masks: MaskSummary, facts: FileFacts, codes: readonly string[], grid: ReferenceGrid): void {
  const own = { rows: facts.rows ?? siimGrid.rows, columns: facts.columns ?? siimGrid.columns }
  const size = grid === 'image' ? own : grid
  const spacing = facts.acquisition?.spacingMm
  const pixelAreaMm2 = spacing
    ? (spacing.row * spacing.column * own.rows * own.columns) / (size.rows * size.columns)
    : null
  masks.add(decodeReference(facts.key, codes, size), size, codes.length, pixelAreaMm2)
}
