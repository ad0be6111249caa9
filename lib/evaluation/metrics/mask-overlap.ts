/** How two masks of one image lie over each other. Unit: pixels. */
export interface MaskOverlap {
  readonly referenceArea: number
  readonly predictedArea: number
  readonly intersection: number
}

/** Shape: both rows × columns, 0 outside, anything else inside. */
export function maskOverlapOf(reference: Uint8Array, predicted: Uint8Array): MaskOverlap {
  if (reference.length !== predicted.length) {
    throw new RangeError(`masks of ${reference.length} and ${predicted.length} pixels`)
  }
  let referenceArea = 0
  let predictedArea = 0
  let intersection = 0
  for (let pixel = 0; pixel < reference.length; pixel++) {
    const inReference = reference[pixel] !== 0
    const inPredicted = predicted[pixel] !== 0
    if (inReference) referenceArea++
    if (inPredicted) predictedArea++
    if (inReference && inPredicted) intersection++
  }
  return { referenceArea, predictedArea, intersection }
}

/**
 * 2 |A ∩ B| / (|A| + |B|); 1 when both are empty, as the SIIM-ACR competition counted.
 * @see Dice 1945, Ecology 26:297
 */
export function diceOf({ referenceArea, predictedArea, intersection }: MaskOverlap): number {
  return referenceArea + predictedArea === 0 ? 1 : (2 * intersection) / (referenceArea + predictedArea)
}

/** |A ∩ B| / |A ∪ B|; 1 when both are empty. */
export function intersectionOverUnionOf({ referenceArea, predictedArea, intersection }: MaskOverlap): number {
  const union = referenceArea + predictedArea - intersection
  return union === 0 ? 1 : intersection / union
}
