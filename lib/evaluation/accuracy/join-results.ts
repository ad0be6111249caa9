import type { ImageLabel, Labels } from '../dataset/read-labels.ts'
import type { StoredResult, StoredResults } from '../results/read-results.ts'
import type { EvaluatedImage, EvaluationSample, UnanalysedImage } from './evaluated-image.ts'

/** Brings labels and results together by file name (or image id). Every labelled image ends in exactly one list. */
export function joinResults(labels: Labels, stored: StoredResults): EvaluationSample {
  const byKey = new Map<string, StoredResult>(stored.results.map((result) => [result.key, result]))
  for (const result of stored.results) if (result.imageId !== null) byKey.set(result.imageId, result)
  const images: EvaluatedImage[] = []
  const notAnalysed: UnanalysedImage[] = []
  const withoutResult: UnanalysedImage[] = []
  const problems = [...labels.problems, ...stored.problems]
  const used = new Set<StoredResult>()
  for (const label of labels.images.values()) {
    const result = byKey.get(label.key)
    if (result) used.add(result)
    if (label.positive === null) continue
    const { key, positive } = label
    if (!result) withoutResult.push({ key, positive, reason: 'no result stored' })
    else if (result.outcome === 'not-analysed' || result.probability === null || result.imageId === null) {
      notAnalysed.push({ key, positive, reason: result.reason ?? 'no reason given' })
    } else images.push(evaluatedImage(label, result, result.imageId, positive, result.probability))
  }
  return { images, notAnalysed, withoutResult, withoutLabel: stored.results.length - used.size, problems }
}

function evaluatedImage(
  label: ImageLabel,
  result: StoredResult,
  imageId: string,
  positive: boolean,
  probability: number,
): EvaluatedImage {
  return {
    key: label.key,
    imageId,
    input: result.input,
    patient: label.patient,
    viewPosition: label.viewPosition,
    sex: label.sex,
    ageYears: label.ageYears,
    positive,
    probability,
    called: result.outcome === 'suspected',
    discordant: result.discordant,
    predictedAreaPixels: result.maskAreaPixels ?? 0,
    timingsMs: result.timingsMs,
    segmentation: null,
  }
}
