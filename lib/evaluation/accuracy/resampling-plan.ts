import type { BootstrapPlan } from '../metrics/bootstrap.ts'
import type { EvaluatedImage } from './evaluated-image.ts'

export interface Resampling {
  readonly resamples: number
  readonly seed: number
  readonly level: number
}

/** Stratified by label; by patient when every image names its patient, otherwise by image. */
export function resamplingPlan(images: readonly EvaluatedImage[], resampling: Resampling): BootstrapPlan {
  const patients = images.map((image) => image.patient)
  const known = images.length > 0 && patients.every((patient) => patient !== null)
  return {
    ...resampling,
    strata: Uint8Array.from(images, (image) => (image.positive ? 1 : 0)),
    patients: known ? (patients as string[]) : null,
  }
}
