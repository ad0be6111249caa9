import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'csv-parse/sync'

const named = process.env.PLEURA_SHARED ?? resolve(import.meta.dirname, '../../../shared')

/** The shared data folder: what PLEURA_SHARED names, else `shared` beside the checkout; null on machines without it. */
export const sharedFolder: string | null = existsSync(join(named, 'data')) ? named : null

export const corpusFolder = sharedFolder ? join(sharedFolder, 'data/dicom-samples') : null

/** One row of the corpus' index, as far as it is used. */
export interface CorpusFile {
  readonly file: string
  readonly path: string
  readonly expected: 'decode' | 'reject' | 'either'
  readonly expected_codec: 'decode' | 'reject' | 'either'
  readonly reason: string
  readonly scope: 'cxr' | 'xr' | 'codec'
  readonly ts_name: string
  readonly rows: string
  readonly cols: string
  readonly photometric: string
  readonly samples: string
  readonly frames: string
  readonly raw_dtype: '' | 'uint8' | 'int8' | 'uint16' | 'int16'
  readonly raw_min: string
  readonly raw_max: string
  readonly raw_mean: string
  readonly raw_sha256: string
  readonly raw_tolerance: '' | '0' | '1'
  readonly render: '' | 'window' | 'voilut' | 'minmax'
  readonly render_strict: '' | '0' | '1'
  readonly ref8_png: string
  readonly notes: string
}

export function readCorpus(folder: string): CorpusFile[] {
  const rows: Omit<CorpusFile, 'path'>[] = parse(readFileSync(join(folder, 'index.csv')), { columns: true })
  return rows.map((row) => ({ ...row, path: join(folder, 'corpus', row.file) }))
}

export function summaryOf(values: ArrayLike<number>): { lowest: number; highest: number; mean: number } {
  let [lowest, highest, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (let pixel = 0; pixel < values.length; pixel++) {
    lowest = Math.min(lowest, values[pixel])
    highest = Math.max(highest, values[pixel])
    sum += values[pixel]
  }
  return { lowest, highest, mean: sum / values.length }
}

export function greatestDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let greatest = 0
  for (let pixel = 0; pixel < a.length; pixel++) greatest = Math.max(greatest, Math.abs(a[pixel] - b[pixel]))
  return greatest
}

/** Pearson's; NaN where one of the two is constant. */
export function correlationOf(a: Uint8Array, b: Uint8Array): number {
  const mean = (values: Uint8Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanA, meanB] = [mean(a), mean(b)]
  let [products, squaresA, squaresB] = [0, 0, 0]
  for (let pixel = 0; pixel < a.length; pixel++) {
    const [fromA, fromB] = [a[pixel] - meanA, b[pixel] - meanB]
    products += fromA * fromB
    squaresA += fromA ** 2
    squaresB += fromB ** 2
  }
  return products / Math.sqrt(squaresA * squaresB)
}
