import type { Period } from './summarise-period.ts'

/** Asks a results table for the rows of one of its queries, over one tenant and days. */
export type AskTable = (query: 'days' | 'outcomes' | 'probabilities' | 'views' | 'models') => Promise<Row[]>

/** Numbers of 64 bits come as text. */
type Row = Readonly<Record<string, unknown>>

/** As fine as the query tells them. */
const binsOfProbability = 10_000

/** A period out of a results table: counts alone, so that ten million images take no more memory than a thousand. */
export async function periodOfTable(name: string, ask: AskTable): Promise<Period> {
  const days = await ask('days')
  const bins = await ask('probabilities')
  const sumOf = (column: string): number => days.reduce((sum, row) => sum + Number(row[column]), 0)
  return {
    name,
    images: sumOf('images'),
    suspected: sumOf('suspected'),
    discordant: sumOf('discordant'),
    notAnalysed: sumOf('not_analysed'),
    probabilities: {
      values: bins.map(({ bin }) => (Number(bin) + 0.5) / binsOfProbability),
      counts: bins.map(({ images }) => Number(images)),
      total: sumOf('analysed'),
    },
    reasons: countsOf(
      (await ask('outcomes')).filter(({ outcome }) => outcome === 'not-analysed'),
      'reason',
    ),
    views: countsOf(await ask('views'), 'view_position'),
    greyMeans: [],
    greyDeviations: [],
    models: modelsOf(await ask('models')),
    problems: [],
  }
}

const countsOf = (rows: readonly Row[], column: string): Record<string, number> =>
  Object.fromEntries(rows.map((row) => [String(row[column]), Number(row.images)]))

function modelsOf(rows: readonly Row[]): string[] {
  const names = rows.flatMap((row) =>
    ['classifier', 'segmenter'].flatMap((task) =>
      row[`${task}_id`] === null ? [] : [`${row[`${task}_id`]} ${String(row[`${task}_sha256`]).slice(0, 12)}`],
    ),
  )
  return [...new Set(names)].sort()
}
