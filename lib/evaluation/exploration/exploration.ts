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

/** Summarises a stream of facts; copies of one content count once. Only one mask is in memory at a time. */
export async function summariseFacts(
  stream: AsyncIterable<FileFacts>,
  { annotations, labels, grid, sampleSize, seed }: ExplorationSources,
): Promise<Exploration> {
  const images = new ImageSummary()
  const masks = new MaskSummary()
  const problemCodes = new Map<string, number>()
  const problems: string[] = []
  const contents = new Set<string>()
  const keys = new Map<string, string | null>()
  const drawers = [new SampleDrawer<FileFacts>(sampleSize, seed), new SampleDrawer<FileFacts>(sampleSize, seed)]
  const counts = { files: 0, images: 0, copies: 0, problemFiles: 0, imagesWithoutLabel: 0 }
  const remember = (problem: string): void => {
    if (problems.length < rememberedProblems) problems.push(problem)
  }

  for await (const facts of stream) {
    counts.files++
    if (facts.problem) {
      counts.problemFiles++
      problemCodes.set(facts.problem.code, (problemCodes.get(facts.problem.code) ?? 0) + 1)
      remember(`${facts.path}: ${facts.problem.code} (${facts.problem.detail})`)
    }
    if (facts.imageId !== null && contents.has(facts.imageId)) {
      counts.copies++
      keys.set(facts.key, facts.imageId)
      continue
    }
    if (facts.imageId !== null) contents.add(facts.imageId)
    if (keys.has(facts.key) && keys.get(facts.key) !== facts.imageId) {
      remember(`${facts.path}: another file of this name has different content`)
    }
    keys.set(facts.key, facts.imageId)
    if (facts.rows === null) continue

    counts.images++
    const label = labels?.images.get(facts.key) ?? null
    const codes = annotations?.runLengths.get(facts.key)
    const positive = codes ? codes.length > 0 : (label?.positive ?? null)
    if (positive === null) counts.imagesWithoutLabel++
    images.add(facts, positive, label)
    if (codes && codes.length > 0) {
      try {
        addMask(masks, facts, codes, grid)
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error
        remember(error.message)
      }
    }
    if (positive !== null) drawers[positive ? 0 : 1].offer(facts.key, facts)
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

function addMask(masks: MaskSummary, facts: FileFacts, codes: readonly string[], grid: ReferenceGrid): void {
  const own = { rows: facts.rows ?? siimGrid.rows, columns: facts.columns ?? siimGrid.columns }
  const size = grid === 'image' ? own : grid
  const spacing = facts.acquisition?.spacingMm
  const pixelAreaMm2 = spacing
    ? (spacing.row * spacing.column * own.rows * own.columns) / (size.rows * size.columns)
    : null
  masks.add(decodeReference(facts.key, codes, size), size, codes.length, pixelAreaMm2)
}
