import type { ScreeningMode } from '../../kernel/screening-mode.ts'
import { notice, type ResultDocument } from '../result-document.ts'
import { studyDigestOf } from './study-identity.ts'
import type { StudyOutcome, StudyResult, StudyWarning } from './study-result.ts'

/** What is known of one image of a study. */
export interface StudyImage {
  readonly imageId: string
  /** Null: not known; differs from none. */
  readonly patientMark: string | null
  /** Null: there is none yet, or none that can be read. */
  readonly result: ResultDocument | null
  /** The system failed over it since: an older result says nothing of it. */
  readonly failed: boolean
}

/** A UID that more radiographs share is no study's: some de-identified collections write one into all their files. */
export const maximumStudyImages = 100

/** Refusals that say nothing of the image: they take the place of no earlier analysis. */
const refusals: readonly (string | undefined)[] = ['quota-exceeded', 'budget-stop']

/**
 * What the images of a study say together: a function of the set of images and results, whatever the order in which,
 * and however often, they are given. Of several results of an image the latest counts.
 * @param mode In triage mode no side is told, nor whether there is a region, whatever the results hold
 */
export function rollUpStudy(studyInstanceUid: string, known: Iterable<StudyImage>, mode: ScreeningMode): StudyResult {
  const results = new Map<string, ResultDocument | null>()
  const failures = new Set<string>()
  const patients = new Set<string>()
  for (const { imageId, patientMark, result, failed } of known) {
    results.set(imageId, laterOf(results.get(imageId) ?? null, result))
    if (failed) failures.add(imageId)
    if (patientMark !== null) patients.add(patientMark)
  }
  for (const imageId of failures) results.set(imageId, null)
  const warnings: StudyWarning[] = patients.size > 1 ? ['patients-differ'] : []
  if (results.size > maximumStudyImages) return tooMany(studyInstanceUid, warnings)

  const images = [...results]
    .sort(([a], [b]) => compare(a, b))
    .map(([imageId, result]) => ({
      imageId,
      outcome: result?.outcome ?? ('not-analysed' as const),
      reason: result ? (result.reason?.code ?? null) : failures.has(imageId) ? 'system-failure' : 'no-result',
      probability: result?.classification?.probability ?? null,
    }))
  const analysed = [...results.values()].filter(isAnalysed)
  const suspected = analysed.filter(({ outcome }) => outcome === 'suspected')
  const notAnalysed = images.filter(({ outcome }) => outcome === 'not-analysed')
  if (new Set(analysed.map(({ screeningKey }) => screeningKey)).size > 1) warnings.push('models-differ')
  return {
    schemaVersion: 1,
    studyDigest: studyDigestOf(studyInstanceUid),
    studyInstanceUid,
    outcome: outcomeOf(suspected.length, analysed.length, images.length),
    probability: highest(analysed),
    decidingImage: [...(suspected.length > 0 ? suspected : analysed)].sort(byProbability)[0]?.imageId ?? null,
    discordant: mode === 'full' && suspected.length > 0 && suspected.every(({ discordant }) => discordant),
    sides: mode === 'full' ? sidesOf(suspected) : null,
    images,
    counts: {
      images: images.length,
      suspected: suspected.length,
      notSuspected: analysed.length - suspected.length,
      notAnalysed: notAnalysed.length,
    },
    notAnalysed: countReasons(notAnalysed),
    warnings,
    notice,
  }
}

function outcomeOf(suspected: number, analysed: number, images: number): StudyOutcome {
  if (suspected > 0) return 'suspected'
  if (analysed === 0) return 'not-analysed'
  return analysed < images ? 'incomplete' : 'not-suspected'
}

function tooMany(studyInstanceUid: string, warnings: readonly StudyWarning[]): StudyResult {
  return {
    schemaVersion: 1,
    studyDigest: studyDigestOf(studyInstanceUid),
    studyInstanceUid,
    outcome: 'incomplete',
    probability: null,
    decidingImage: null,
    discordant: false,
    sides: null,
    images: [],
    counts: { images: maximumStudyImages + 1, suspected: 0, notSuspected: 0, notAnalysed: 0 },
    notAnalysed: [],
    warnings: [...warnings, 'too-many-images'],
    notice,
  }
}

/** Of two results of one image the one that stands: associative and commutative, so that no order matters. */
function laterOf(a: ResultDocument | null, b: ResultDocument | null): ResultDocument | null {
  if (a === null || b === null) return a ?? b
  const rank = (result: ResultDocument) => Number(!refusals.includes(result.reason?.code))
  const order =
    rank(a) - rank(b) || Date.parse(a.analysedAt) - Date.parse(b.analysedAt) || compare(a.screeningKey, b.screeningKey)
  return order >= 0 ? a : b
}

function sidesOf(suspected: readonly ResultDocument[]): StudyResult['sides'] {
  const sideOf = (side: 'left' | 'right') => {
    const there = suspected.filter(({ segmentation }) => segmentation?.side === side || segmentation?.side === 'both')
    const probability = highest(there)
    return probability === null ? null : { images: there.length, probability }
  }
  const [left, right] = [sideOf('left'), sideOf('right')]
  return left || right ? { left, right } : null
}

function highest(analysed: readonly ResultDocument[]): number | null {
  const probabilities = analysed.map(probabilityOf)
  return probabilities.length === 0 ? null : Math.max(...probabilities)
}

function countReasons(images: readonly StudyResult['images'][number][]): StudyResult['notAnalysed'] {
  const counts = new Map<string, number>()
  for (const { reason } of images) counts.set(String(reason), (counts.get(String(reason)) ?? 0) + 1)
  return [...counts].sort(([a], [b]) => compare(a, b)).map(([reason, images]) => ({ reason, images }))
}

const isAnalysed = (result: ResultDocument | null): result is ResultDocument =>
  result !== null && result.outcome !== 'not-analysed'

const probabilityOf = ({ classification }: ResultDocument): number => classification?.probability ?? 0

const byProbability = (a: ResultDocument, b: ResultDocument): number =>
  probabilityOf(b) - probabilityOf(a) || compare(a.imageId, b.imageId)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
