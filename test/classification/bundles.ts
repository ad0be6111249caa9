import type { ClassifierBundle, SegmenterBundle } from '../../lib/screening/classification/model-bundle.ts'

const digest = 'a'.repeat(64)

const input = {
  name: 'image',
  rows: 4,
  columns: 4,
  channels: 1 as const,
  layout: 'NCHW' as const,
  resize: 'area-or-bilinear' as const,
  fit: 'stretch' as const,
  valueRange: [0, 1] as [0, 1],
  mean: [0.5],
  std: [0.25],
}

const shared = {
  schemaVersion: 1 as const,
  version: '1',
  architecture: 'by hand',
  licence: 'Apache-2.0',
  file: 'model.onnx',
  sha256: digest,
  intendedUse: 'tests',
  limits: [],
  input,
  training: {},
  evaluation: [],
  golden: [],
}

/** A classifier of one logit; its two operating points are 0.3 and 0.7. */
export const classifierBundle: ClassifierBundle = {
  ...shared,
  id: 'test-classifier',
  task: 'classification',
  output: {
    logits: {
      name: 'logits',
      activation: 'sigmoid',
      labels: [{ code: '36118008', system: 'http://snomed.info/sct', display: 'Pneumothorax' }],
      positiveLabel: 0,
    },
  },
  calibration: { method: 'temperature', temperature: 2 },
  operatingPoints: [
    {
      id: 'sensitive',
      threshold: 0.3,
      modelSha256: digest,
      sensitivity: 0.95,
      specificity: 0.6,
      measuredOn: 'nothing',
    },
    { id: 'specific', threshold: 0.7, modelSha256: digest, sensitivity: 0.6, specificity: 0.95, measuredOn: 'nothing' },
  ],
  defaultOperatingPoint: 'sensitive',
}

/** A segmenter whose output has the size of its input. */
export const segmenterBundle: SegmenterBundle = {
  ...shared,
  id: 'test-segmenter',
  sha256: 'b'.repeat(64),
  task: 'segmentation',
  output: { probabilityMap: { name: 'map', activation: 'sigmoid', rows: 4, columns: 4 } },
  postprocessing: { maskThreshold: 0.5, topThreshold: 0.5, minimumAreaPixels: 1, maximumHoleAreaPixels: 0 },
}
