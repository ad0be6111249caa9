import { type ContingencyTest, chiSquaredContingency } from '../metrics/chi-squared.ts'

/** Images by label. */
export interface LabelCount {
  positive: number
  negative: number
  unlabelled: number
}

export const totalOf = ({ positive, negative, unlabelled }: LabelCount): number => positive + negative + unlabelled

/** How often each value of an attribute occurs with each label. */
export class LabelCounts {
  readonly #counts = new Map<string, LabelCount>()

  add(value: string, positive: boolean | null): void {
    const count = this.#counts.get(value) ?? { positive: 0, negative: 0, unlabelled: 0 }
    this.#counts.set(value, count)
    if (positive === null) count.unlabelled++
    else if (positive) count.positive++
    else count.negative++
  }

  /** Most frequent first. Beyond `limit` values the rest is one line. */
  entries(limit = 20): [value: string, count: LabelCount][] {
    const sorted = [...this.#counts].sort(([a, x], [b, y]) => totalOf(y) - totalOf(x) || (a < b ? -1 : 1))
    if (sorted.length <= limit) return sorted
    const rest = sorted.slice(limit - 1)
    const sum = (of: (count: LabelCount) => number): number => rest.reduce((total, [, count]) => total + of(count), 0)
    return [
      ...sorted.slice(0, limit - 1),
      [
        `${rest.length} others`,
        { positive: sum((c) => c.positive), negative: sum((c) => c.negative), unlabelled: sum((c) => c.unlabelled) },
      ],
    ]
  }

  /** Whether the attribute goes with the label; values that are not stated are left out. */
  association(): ContingencyTest | null {
    const stated = [...this.#counts].filter(([value]) => value !== notStated)
    return chiSquaredContingency(stated.map(([, { positive, negative }]) => [positive, negative]))
  }
}

export const notStated = 'not stated'
