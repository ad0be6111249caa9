import { type Command, Option } from 'commander'
import { queriesFolder, ResultTable } from '../embedded/table/open-table.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import { type QueryName, queryNames, queryText } from '../table/query-text.ts'
import { parseDay } from './parse-day.ts'
import { parseTenant } from './parse-tenant.ts'
import { formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  table?: string
  tenant: string
  from: string
  to: string
  sql: boolean
  json: boolean
}

export function addQueryCommand(program: Command): void {
  program
    .command('query')
    .description('ask a results table: counts by day, outcome, model, stage')
    .argument('<name>', queryNames.join(', '))
    .option('--table <dir>', 'the table, as `pleura table` makes it')
    .option('--tenant <id>', 'whose results', parseTenant, 'local')
    .option('--from <day>', 'the first day, UTC', parseDay, '0001-01-01')
    .option('--to <day>', 'the last day, UTC', parseDay, '9999-12-31')
    .addOption(
      new Option('--sql', 'only print the query, for Athena or another engine: its parameters are tenant, from and to')
        .default(false)
        .conflicts('json'),
    )
    .option('--json', 'print one JSON line per row', false)
    .addHelpText('after', wrapNotes('Days are those of the analysis, in UTC. docs/table.md tells of the columns.'))
    .action(async (name: string, options: Options) => {
      const query = queryNames.find((known) => known === name)
      if (!query) throw new ConfigurationError(`There is no query '${name}'. There are: ${queryNames.join(', ')}.`)
      if (options.sql) console.log(queryText(queriesFolder, query))
      else await ask(query, options)
    })
}

async function ask(name: QueryName, { table: tableDir, tenant, from, to, json }: Options): Promise<void> {
  if (tableDir === undefined) throw new ConfigurationError('Give the table: --table <dir>.')
  const table = await ResultTable.open(tableDir)
  try {
    const rows = await table.ask(name, { tenant, from, to })
    if (json) for (const row of rows) console.log(JSON.stringify(row))
    else if (rows.length === 0) console.log('No rows.')
    else
      console.log(
        formatTable(
          Object.keys(rows[0]),
          rows.map((row) => Object.values(row).map(cellOf)),
        ),
      )
  } finally {
    await table.close()
  }
}

function cellOf(value: unknown): string {
  if (value === null) return '–'
  return typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : String(value)
}
