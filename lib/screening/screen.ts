import { type ClassActivationMap, type Classification, classify } from './classification/classify.ts'
import { buildInputTensor } from './classification/input-tensor.ts'
import type { ClassifierBundle, ModelInput, OperatingPoint, SegmenterBundle } from './classification/model-bundle.ts'
import type { NotSuspectedFinding, SuspectedFinding } from './finding/finding.ts'
import { measureMask } from './finding/measure-mask.ts'
import type { Clock, InferenceSession } from './kernel/ports.ts'
import type { ScreeningMode } from './kernel/screening-mode.ts'
import type { Tensor } from './kernel/tensor.ts'
import type { PreparedImage } from './prepared-image/prepared-image.ts'
import { turnOf } from './prepared-image/upright.ts'
import type { AcquisitionFacts } from './radiograph/radiograph.ts'
import { type ProbabilityMap, projectMask, segment } from './segmentation/segment.ts'

export type { ClassActivationMap, Classification }

/** The networks that screen an image, and the threshold that they are used at. */
export interface Networks {
  readonly classifier: { readonly bundle: ClassifierBundle; readonly session: InferenceSession }
  /**
   * Null in triage mode: a flag without a place (21 CFR 892.2080). What is not computed cannot reach any document,
   * picture or event.
   */
  readonly segmenter: { readonly bundle: SegmenterBundle; readonly session: InferenceSession } | null
  readonly operatingPoint: OperatingPoint
}

/** The two networks that screen together, loaded and checked. */
export interface Cascade extends Networks {
  readonly segmenter: NonNullable<Networks['segmenter']>
}

/** The cascade as it is to be used: all of it, or its classifier alone. */
export const inMode = (cascade: Cascade, mode: ScreeningMode): Networks =>
  mode === 'triage' ? { ...cascade, segmenter: null } : cascade

/** Unit: milliseconds. */
export interface ScreeningTimings {
  readonly classification: number
  readonly segmentation: number
  readonly measurement: number
}

export interface Screening {
  readonly finding: SuspectedFinding | NotSuspectedFinding
  readonly timingsMs: ScreeningTimings
}

/** What the networks put out for an image; the rest of screening needs no network. */
export interface Inference {
  readonly classification: Classification
  /** Null unless the classifier reached its operating point, and in triage mode. */
  readonly probabilityMap: ProbabilityMap | null
  readonly timingsMs: Pick<ScreeningTimings, 'classification' | 'segmentation'>
}

/**
 * The second half of the pipeline: a prepared image in, a finding out. The segmenter runs only when the classifier
 * reaches its operating point, and never in triage mode; a positive with an empty mask stays suspected, marked
 * discordant.
 */
export async function screen(
  prepared: PreparedImage,
  facts: Pick<AcquisitionFacts, 'patientOrientation' | 'orientationUnusable' | 'pixelSpacing'>,
  networks: Networks,
  clock: Clock,
): Promise<Screening> {
  const inference = await infer(prepared, facts, networks, clock)
  const inferred = clock.monotonic()
  const finding = conclude(inference, prepared, facts)
  return { finding, timingsMs: { ...inference.timingsMs, measurement: clock.monotonic() - inferred } }
}

/**
 * Runs the networks: the part of `screen` that waits for the device. Two bundles of one file are one network that says
 * both, and it looks once.
 */
export async function infer(
  prepared: PreparedImage,
  facts: Pick<AcquisitionFacts, 'patientOrientation'>,
  networks: Networks,
  clock: Clock,
): Promise<Inference> {
  const turn = turnOf(facts.patientOrientation)
  const started = clock.monotonic()
  const { classifier, segmenter, operatingPoint } = networks
  const joint = segmenter?.bundle.sha256 === classifier.bundle.sha256
  const session = joint ? answeringOnce(classifier.session) : classifier.session
  const classifierTensor = buildInputTensor(prepared, turn, classifier.bundle.input)
  const classified = await classify(session, classifier.bundle, operatingPoint, classifierTensor)
  const classification = segmenter ? classified : { ...classified, classActivationMap: null }
  const classifiedAt = clock.monotonic()
  if (!classification.positive || !segmenter) {
    return {
      classification,
      probabilityMap: null,
      timingsMs: { classification: classifiedAt - started, segmentation: 0 },
    }
  }

  const segmenterTensor = takesSameTensor(classifier.bundle.input, segmenter.bundle.input)
    ? classifierTensor
    : buildInputTensor(prepared, turn, segmenter.bundle.input)
  const probabilityMap = await segment(joint ? session : segmenter.session, segmenter.bundle, segmenterTensor)
  return {
    classification,
    probabilityMap,
    timingsMs: { classification: classifiedAt - started, segmentation: clock.monotonic() - classifiedAt },
  }
}

/** The same tensor is answered from its first run. */
function answeringOnce(session: InferenceSession): Pick<InferenceSession, 'run'> {
  let asked: Tensor | undefined
  let outputs: ReturnType<InferenceSession['run']> | undefined
  return {
    run(tensor) {
      if (!outputs || asked !== tensor) outputs = session.run(tensor)
      asked = tensor
      return outputs
    },
  }
}

/** Draws and measures the mask in the source's pixels: the part of `screen` whose time and memory follow the source. */
export function conclude(
  { classification, probabilityMap }: Inference,
  prepared: PreparedImage,
  facts: Pick<AcquisitionFacts, 'patientOrientation' | 'orientationUnusable' | 'pixelSpacing'>,
): Screening['finding'] {
  if (!classification.positive) return { outcome: 'not-suspected', classification }
  if (!probabilityMap) return { outcome: 'suspected', classification, delineation: null, discordant: false }
  const turn = turnOf(facts.patientOrientation)
  const mask = projectMask(probabilityMap, prepared.source, turn)
  // PatientOrientation is there but cannot be understood: no side is reported, since a wrong side is worse than none.
  const sides = facts.orientationUnusable ? null : turn
  const measurements = measureMask(mask, prepared.source, sides, facts.pixelSpacing)
  return {
    outcome: 'suspected',
    classification,
    delineation: { probabilityMap, mask, ...measurements },
    discordant: measurements.areaPixels === 0,
  }
}

/** Whether two networks take the same tensor, whatever they call it: it is then built only once. */
function takesSameTensor(a: ModelInput, b: ModelInput): boolean {
  return JSON.stringify({ ...a, name: '' }) === JSON.stringify({ ...b, name: '' })
}
