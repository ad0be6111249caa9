import type { LookUpTable, ModalityTransform, Window } from '../radiograph/radiograph.ts'

/**
 * A stored value in the output units of the modality transform.
 * @see DICOM PS3.3 C.11.1.1
 */
export function applyModality(stored: number, modality: ModalityTransform): number {
  switch (modality.kind) {
    case 'identity':
      return stored
    case 'rescale':
      return stored * modality.slope + modality.intercept
    case 'lut':
      return lookUp(stored, modality.lut)
  }
}

/**
 * Range: 0 to 1 out.
 * @param value In output units of the modality transform.
 * @see DICOM PS3.3 C.11.2.1.2 (LINEAR), C.11.2.1.3.1 (SIGMOID), C.11.2.1.3.2 (LINEAR_EXACT)
 */
export function applyWindow(value: number, window: Window): number {
  const { center, width } = window
  switch (window.function) {
    case 'LINEAR':
      // With a width of 1 these two conditions decide, and the division by width - 1 is never reached.
      if (value <= center - 0.5 - (width - 1) / 2) return 0
      if (value > center - 0.5 + (width - 1) / 2) return 1
      return (value - (center - 0.5)) / (width - 1) + 0.5
    case 'LINEAR_EXACT':
      if (value <= center - width / 2) return 0
      if (value > center + width / 2) return 1
      return (value - center) / width + 0.5
    case 'SIGMOID':
      return 1 / (1 + Math.exp((-4 * (value - center)) / width))
  }
}

/** Range: 0 to 1 out. @see DICOM PS3.3 C.11.2.1.1 */
export function applyVoiLut(value: number, lut: LookUpTable): number {
  return Math.min(1, lookUp(Math.round(value), lut) / (2 ** lut.bitsPerEntry - 1))
}

function lookUp(value: number, { firstMapped, entries }: LookUpTable): number {
  return entries[Math.min(entries.length - 1, Math.max(0, value - firstMapped))]
}
