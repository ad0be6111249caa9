import type { ModalityTransform, Window } from '../radiograph/radiograph.ts'
import { applyModality } from './apply-window.ts'
import { mapHistogram, quantileOf, tailShare, type ValueHistogram } from './value-histogram.ts'

/** A window from the low tail of the values (black) to the high one (white), after the modality transform. */
export function estimateWindow(histogram: ValueHistogram, modality: ModalityTransform): Window {
  const ends = tailsOf(histogram, modality)
  const [low, high] = [Math.min(...ends), Math.max(...ends)]
  // A width of 0 would be divided by.
  return { center: (low + high) / 2, width: Math.max(high - low, Number.MIN_VALUE), function: 'LINEAR_EXACT' }
}

function tailsOf(histogram: ValueHistogram, modality: ModalityTransform): number[] {
  const fractions = [tailShare, 1 - tailShare]
  if (modality.kind !== 'lut') return fractions.map((share) => applyModality(quantileOf(histogram, share), modality))
  // A table need not be monotonic: the tails are those of the values that it gives.
  const entries = Uint16Array.from(histogram.counts, (_, index) => applyModality(histogram.lowest + index, modality))
  const mapped = mapHistogram(histogram, entries)
  return fractions.map((share) => quantileOf(mapped, share))
}
