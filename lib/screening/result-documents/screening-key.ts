import {
  type ClassifierBundle,
  type OperatingPoint,
  operatingPointOf,
  type SegmenterBundle,
} from '../classification/model-bundle.ts'
import { sha256Hex } from '../kernel/identifiers.ts'
import type { SuitabilityPolicy } from '../radiograph/suitability.ts'
import type { Tenant } from '../screening-job/tenant.ts'

/** Raised whenever preprocessing, cascade or measurement would give another result for the same image and models. */
export const pipelineVersion = 5

/**
 * Digest of everything besides the image that decides a result. Equal keys: a stored result may stand for a new run.
 * Another key: the old result is superseded.
 * @param segmenter Null in triage mode.
 * @param preparation The preparation key of the prepared image, which an older version may have written.
 */
export function screeningKeyOf(
  classifier: ClassifierBundle,
  segmenter: SegmenterBundle | null,
  operatingPoint: OperatingPoint,
  preparation: string,
): string {
  return sha256Hex(
    JSON.stringify({
      pipelineVersion,
      classifier: { sha256: classifier.sha256, input: classifier.input, calibration: classifier.calibration },
      operatingPoint: { id: operatingPoint.id, threshold: operatingPoint.threshold },
      segmenter: segmenter && {
        sha256: segmenter.sha256,
        input: segmenter.input,
        postprocessing: segmenter.postprocessing,
      },
      preparation,
    }),
  )
}

/**
 * The screening key that the result of a tenant's image will have.
 * @throws {ConfigurationError} when the classifier has no such operating point
 */
export function expectScreeningKey(
  models: { classifier: ClassifierBundle; segmenter: SegmenterBundle; operatingPoint: OperatingPoint },
  { operatingPoint, mode }: Pick<Tenant, 'operatingPoint' | 'mode'>,
  preparation: string,
): string {
  const { classifier } = models
  const segmenter = mode === 'triage' ? null : models.segmenter
  const point = operatingPoint === null ? models.operatingPoint : operatingPointOf(classifier, operatingPoint)
  return screeningKeyOf(classifier, segmenter, point, preparation)
}

/**
 * Digest of everything besides the image that decides what preprocessing makes of it: the prepared picture, or the
 * rejection.
 * @param refusal For a refusal by quota or budget its month, so that the image may be admitted in a later one.
 */
export function preparationKeyOf(policy: SuitabilityPolicy, refusal?: string): string {
  return sha256Hex(JSON.stringify({ pipelineVersion, policy, refusal: refusal ?? null }))
}
