import * as z from 'zod'
import { describeIssues } from '../kernel/describe-issues.ts'
import { ConfigurationError } from '../kernel/errors.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hexadecimal')
const positive = z.number().int().positive()
const fraction = z.number().min(0).max(1)

const input = z.strictObject({
  name: z.string().min(1),
  rows: positive,
  columns: positive,
  channels: z.union([z.literal(1), z.literal(3)]),
  layout: z.literal('NCHW'),
  /** Per axis: area averaging where it shrinks, bilinear with half-pixel centres where it grows. */
  resize: z.literal('area-or-bilinear'),
  fit: z.literal('stretch'),
  valueRange: z.tuple([z.literal(0), z.literal(1)]),
  mean: z.array(z.number()).min(1),
  std: z.array(z.number().positive()).min(1),
})

const operatingPoint = z.strictObject({
  id: z.string().min(1),
  /** On the calibrated probability; suspected when the probability is at least this. */
  threshold: fraction,
  /** The model this threshold was chosen on. */
  modelSha256: sha256,
  sensitivity: fraction,
  specificity: fraction,
  /** 95 % intervals (Wilson) of both. */
  sensitivityInterval95: z.tuple([fraction, fraction]).optional(),
  specificityInterval95: z.tuple([fraction, fraction]).optional(),
  measuredOn: z.string().min(1),
})

const goldenTensor = z.strictObject({
  kind: z.literal('tensor'),
  input: z.string(),
  inputShape: z.array(positive).length(4),
  output: z.string(),
  outputName: z.string(),
  outputShape: z.array(positive).min(1),
  maxAbsError: z.number().positive(),
})
const goldenProbability = z.strictObject({
  kind: z.literal('picture'),
  input: z.string(),
  probability: fraction,
  tolerance: z.number().positive(),
})
const goldenMask = z.strictObject({
  kind: z.literal('picture'),
  input: z.string(),
  maskAreaFraction: fraction,
  mask: z.string(),
  minimumDice: fraction,
})

const shared = {
  schemaVersion: z.literal(1),
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be kebab-case'),
  version: z.string().min(1),
  architecture: z.string().min(1),
  licence: z.string().min(1),
  file: z.string().regex(/^[\w.-]+\.onnx$/, 'must name an .onnx file beside model.json'),
  sha256,
  intendedUse: z.string().min(1),
  limits: z.array(z.string()),
  input,
  training: z.record(z.string(), z.unknown()),
  evaluation: z.array(z.record(z.string(), z.unknown())),
}

const classifierBundle = z.strictObject({
  ...shared,
  task: z.literal('classification'),
  output: z.strictObject({
    logits: z.strictObject({
      name: z.string().min(1),
      activation: z.literal('sigmoid'),
      labels: z.array(z.strictObject({ code: z.string(), system: z.string(), display: z.string() })).min(1),
      positiveLabel: z.number().int().nonnegative(),
    }),
    classActivationMap: z.strictObject({ name: z.string().min(1), rows: positive, columns: positive }).optional(),
  }),
  calibration: z.discriminatedUnion('method', [
    z.strictObject({ method: z.literal('temperature'), temperature: z.number().positive() }),
    z.strictObject({ method: z.literal('none') }),
  ]),
  operatingPoints: z.array(operatingPoint).min(1),
  defaultOperatingPoint: z.string(),
  golden: z.array(z.union([goldenTensor, goldenProbability])),
})

const segmenterBundle = z.strictObject({
  ...shared,
  task: z.literal('segmentation'),
  output: z.strictObject({
    probabilityMap: z.strictObject({
      name: z.string().min(1),
      activation: z.literal('sigmoid'),
      rows: positive,
      columns: positive,
    }),
  }),
  /** Probabilities, and areas in pixels of the output. `cleanProbabilityMap` says how they are used. */
  postprocessing: z.strictObject({
    maskThreshold: fraction,
    topThreshold: fraction,
    minimumAreaPixels: z.number().int().nonnegative(),
    maximumHoleAreaPixels: z.number().int().nonnegative(),
  }),
  golden: z.array(z.union([goldenTensor, goldenMask])),
})

const modelBundle = z.discriminatedUnion('task', [classifierBundle, segmenterBundle])

export type ClassifierBundle = z.infer<typeof classifierBundle>
export type SegmenterBundle = z.infer<typeof segmenterBundle>
export type ModelBundle = z.infer<typeof modelBundle>
export type ModelInput = ModelBundle['input']
export type OperatingPoint = z.infer<typeof operatingPoint>

/**
 * Validates the content of a model.json: its form, and that every threshold was chosen on this very model.
 * @throws {ConfigurationError} naming the field, the value and the remedy
 */
export function parseModelBundle(json: unknown, where: string): ModelBundle {
  const parsed = modelBundle.safeParse(json)
  if (!parsed.success) {
    throw new ConfigurationError(
      `${where} is not a valid model bundle: ${describeIssues(parsed.error)}. Export it again.`,
    )
  }
  const bundle = parsed.data
  for (const channel of ['mean', 'std'] as const) {
    if (bundle.input[channel].length !== bundle.input.channels) {
      throw new ConfigurationError(
        `${where}: input.${channel} has ${bundle.input[channel].length} values, expected one per channel (${bundle.input.channels}).`,
      )
    }
  }
  if (bundle.task === 'classification') assertThresholdsBelong(bundle, where)
  return bundle
}

function assertThresholdsBelong(bundle: ClassifierBundle, where: string): void {
  for (const point of bundle.operatingPoints) {
    if (point.modelSha256 !== bundle.sha256) {
      throw new ConfigurationError(
        `${where}: operating point '${point.id}' was chosen on model ${point.modelSha256.slice(0, 12)}…, but the bundle holds ${bundle.sha256.slice(0, 12)}…. ` +
          'A threshold is only valid for the model it was chosen on: export the bundle again with its own thresholds.',
      )
    }
  }
  if (bundle.output.logits.positiveLabel >= bundle.output.logits.labels.length) {
    throw new ConfigurationError(
      `${where}: positiveLabel ${bundle.output.logits.positiveLabel} is not among the labels.`,
    )
  }
  operatingPointOf(bundle, bundle.defaultOperatingPoint)
}

/** @throws {ConfigurationError} when the bundle has no operating point of that id */
export function operatingPointOf(bundle: ClassifierBundle, id: string): OperatingPoint {
  const point = bundle.operatingPoints.find((candidate) => candidate.id === id)
  if (!point) {
    const known = bundle.operatingPoints.map((candidate) => candidate.id).join(', ')
    throw new ConfigurationError(`Bundle ${bundle.id} has no operating point '${id}'. It has: ${known}.`)
  }
  return point
}
