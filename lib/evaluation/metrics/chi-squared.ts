import { upperGammaFraction } from './gamma-fraction.ts'

/** P(X² ≥ x) with that many degrees of freedom. */
export function chiSquaredUpperTail(x: number, degreesOfFreedom: number): number {
  return upperGammaFraction(degreesOfFreedom / 2, Math.max(0, x) / 2)
}

export interface ContingencyTest {
  readonly statistic: number
  readonly degreesOfFreedom: number
  readonly p: number
  /** Cramér's V: 0 none … 1 complete association. */
  readonly cramersV: number
  readonly smallestExpected: number
}

/**
 * Pearson's χ² test of independence in a table of counts, without continuity correction.
 * Empty rows and columns are left out. @returns null when fewer than two rows or columns remain
 */
export function chiSquaredContingency(table: readonly (readonly number[])[]): ContingencyTest | null {
  const rowSums = table.map((row) => row.reduce((sum, count) => sum + count, 0))
  const columnSums = (table[0] ?? []).map((_, column) => table.reduce((sum, row) => sum + row[column], 0))
  const rows = [...rowSums.keys()].filter((row) => rowSums[row] > 0)
  const columns = [...columnSums.keys()].filter((column) => columnSums[column] > 0)
  if (rows.length < 2 || columns.length < 2) return null
  const total = rowSums.reduce((sum, count) => sum + count, 0)
  let statistic = 0
  let smallestExpected = Number.POSITIVE_INFINITY
  for (const row of rows) {
    for (const column of columns) {
      const expected = (rowSums[row] * columnSums[column]) / total
      statistic += (table[row][column] - expected) ** 2 / expected
      smallestExpected = Math.min(smallestExpected, expected)
    }
  }
  const degreesOfFreedom = (rows.length - 1) * (columns.length - 1)
  return {
    statistic,
    degreesOfFreedom,
    p: chiSquaredUpperTail(statistic, degreesOfFreedom),
    cramersV: Math.sqrt(statistic / (total * Math.min(rows.length - 1, columns.length - 1))),
    smallestExpected,
  }
}
