import type { ResultRow } from '../screening/result-documents/result-row.ts'

/**
 * Every key of the table's bucket:
 *
 *   results/tenant=<tenant>/day=<yyyy-mm-dd>/<hh>.parquet   the rows of an hour of `analysed_at` (UTC); replaced as a whole
 *   answers/…                                               what Athena answers, for a day
 *
 * The file of a row is a function of the row alone: whoever brings it again finds it there.
 */
export const tableKeys = {
  rows: 'results/',
  answers: 'answers/',
  rowsOfTenant: (tenant: string) => `results/tenant=${tenant}/`,
  fileOf: ({ tenant, day, analysed_at }: Pick<ResultRow, 'tenant' | 'day' | 'analysed_at'>) =>
    `results/tenant=${tenant}/day=${day}/${analysed_at.slice(11, 13)}.parquet`,
} as const
