/**
 * What was odd about an image but did not stop its analysis.
 * The list is part of the contract: codes are added, never renamed. docs/dicom.md says what each means.
 */
export const warningCodes = [
  'age-unknown',
  'bits-not-as-declared',
  'border-undeclared',
  'burned-in-text',
  'burned-in-text-unknown',
  'chest-doubtful',
  'codestream-not-as-declared',
  'encoding-repaired',
  'excess-pixel-data',
  'for-processing',
  'grey-levels-estimated',
  'lut-bits-mismatch',
  'lut-unusable',
  'no-acquisition-facts',
  'orientation-unusable',
  'pixel-data-damaged',
  'pixels-not-square',
  'presentation-lossy',
  'presentation-lut-shape-conflict',
  'rescale-unusable',
  'spacing-at-detector',
  'spacing-unknown',
  'transfer-syntax-assumed',
  'uid-unusable',
  'view-contradicted',
  'view-unclear',
  'voi-function-unknown',
  'voi-lut-outside-range',
  'vr-encoding-mismatch',
  'window-outside-range',
  'window-unusable',
] as const

export type WarningCode = (typeof warningCodes)[number]
