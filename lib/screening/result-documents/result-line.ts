import type { ResultDocument } from './result-document.ts'
import { studyDigestOf } from './study-result/study-identity.ts'

/** One line of results.jsonl: what a caller needs of one input without opening its folder. */
export interface ResultLine {
  readonly input: string
  /** Null only when the input could not be read at all. */
  readonly imageId: string | null
  /** Names the study that it is of, in study-results/<studyDigest>/study.json; null when the file names none. */
  readonly studyDigest: string | null
  readonly outcome: ResultDocument['outcome']
  readonly reason: string | null
  readonly discordant: boolean
  readonly probability: number | null
  readonly maskAreaPixels: number | null
  readonly areaMm2: number | null
  readonly side: 'left' | 'right' | 'both' | null
  readonly warnings: readonly string[]
  readonly models: readonly { readonly id: string; readonly sha256: string }[]
  readonly timingsMs: Readonly<Record<string, number>>
}

/** Reasons of inputs that were set aside: they have a line, but do not count as images that were not analysed. */
const setAsideReasons: readonly (string | null | undefined)[] = ['not-a-picture', 'hidden-folder', 'listed-already']

/** Whether a line only says why something in the folder is no input: it counts neither as analysed nor as not analysed. */
export const isSetAside = (line: { readonly reason?: string | null | undefined }): boolean =>
  setAsideReasons.includes(line.reason)

export function buildResultLine(input: string, result: ResultDocument): ResultLine {
  const studyInstanceUid = result.source?.studyInstanceUid
  return {
    input,
    imageId: result.imageId,
    studyDigest: studyInstanceUid ? studyDigestOf(studyInstanceUid) : null,
    outcome: result.outcome,
    reason: result.reason?.code ?? null,
    discordant: result.discordant,
    probability: result.classification?.probability ?? null,
    maskAreaPixels: result.segmentation?.maskAreaPixels ?? null,
    areaMm2: result.segmentation?.areaMm2 ?? null,
    side: result.segmentation?.side ?? null,
    warnings: result.warnings,
    models: result.models.map(({ id, sha256 }) => ({ id, sha256 })),
    timingsMs: result.timingsMs,
  }
}

/** The line of an input without a result: not readable, no picture, or the system failed on it. */
export function failedLine(
  input: string,
  imageId: string | null,
  reason: string,
  studyDigest: string | null = null,
): ResultLine {
  return {
    input,
    imageId,
    studyDigest,
    outcome: 'not-analysed',
    reason,
    discordant: false,
    probability: null,
    maskAreaPixels: null,
    areaMm2: null,
    side: null,
    warnings: [],
    models: [],
    timingsMs: {},
  }
}
