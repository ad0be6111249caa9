/** Images by descending probability, ties together. */
export interface RankedProbabilities {
  /** Positions in the original arrays, highest probability first. */
  readonly order: Int32Array
  /** Where each group of equal probabilities ends in `order` (exclusive). */
  readonly groupEnds: Int32Array
  /** 0 or 1 at each original position. */
  readonly labels: Uint8Array
  readonly probabilities: Float64Array
}

/** @throws {RangeError} when lengths differ, a label is neither 0 nor 1 or a probability is not a finite number */
export function rankProbabilities(labels: ArrayLike<number>, probabilities: ArrayLike<number>): RankedProbabilities {
  if (labels.length !== probabilities.length) {
    throw new RangeError(`${labels.length} labels for ${probabilities.length} probabilities`)
  }
  for (let image = 0; image < labels.length; image++) {
    if (labels[image] !== 0 && labels[image] !== 1) throw new RangeError(`label ${labels[image]} at ${image}`)
    if (!Number.isFinite(probabilities[image])) throw new RangeError(`probability ${probabilities[image]} at ${image}`)
  }
  const values = Float64Array.from(probabilities)
  const order = Int32Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b)
  const groupEnds: number[] = []
  for (let place = 1; place <= order.length; place++) {
    if (place === order.length || values[order[place]] !== values[order[place - 1]]) groupEnds.push(place)
  }
  return { order, groupEnds: Int32Array.from(groupEnds), labels: Uint8Array.from(labels), probabilities: values }
}

/**
 * Walks the groups of equal probability from the highest down.
 * @param weights how often each image counts (a bootstrap resample); absent: once
 * @param visit receives the weight of positives and negatives in the group and its probability
 */
export function walkRanked(
  ranked: RankedProbabilities,
  weights: ArrayLike<number> | null,
  visit: (positives: number, negatives: number, probability: number) => void,
): void {
  let place = 0
  for (const end of ranked.groupEnds) {
    let positives = 0
    let negatives = 0
    const probability = ranked.probabilities[ranked.order[place]]
    for (; place < end; place++) {
      const image = ranked.order[place]
      const weight = weights ? weights[image] : 1
      if (ranked.labels[image] === 1) positives += weight
      else negatives += weight
    }
    visit(positives, negatives, probability)
  }
}
