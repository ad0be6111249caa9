import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { buildTable, type TableSummary } from '../embedded/table/build-table.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import { exitCodes } from './failed-program.ts'
import { parseTenant } from './parse-tenant.ts'
import { formatNotes } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  out: string
  table?: string
  tenant: string
  rebuild: boolean
  json: boolean
}

export function addTableCommand(program: Command): void {
  program
    .command('table')
    .description('bring the results table of an output folder up to its results: Parquet, by tenant and day')
    .requiredOption('--out <dir>', 'the output folder of screen, watch, listen or backfill')
    .option('--table <dir>', 'where the table lies (default: <out>/table)')
    .option('--tenant <id>', 'whose results these are: a table holds one tenant', parseTenant, 'local')
    .option('--rebuild', 'read every result again, and write every partition anew', false)
    .option('--json', 'print what was done as JSON', false)
    .addHelpText(
      'after',
      wrapNotes(
        'Only new and changed results are read; a run that was killed is made good by the next. `pleura query` asks the table.\nExit code: 0 done; 3 a result cannot be read and has no row; 1 the program failed.',
      ),
    )
    .action(async (options: Options) => {
      if (!(await stat(options.out).catch(() => null))?.isDirectory()) {
        throw new ConfigurationError(`There is no folder ${options.out}. Give the --out of screen, watch or listen.`)
      }
      const tableDir = options.table ?? join(options.out, 'table')
      const { out: outDir, tenant, rebuild } = options
      const summary = await buildTable({ outDir, tableDir, tenant, rebuild })
      console.log(options.json ? JSON.stringify(summary) : format(summary, tableDir))
      process.exitCode = summary.unreadable > 0 ? exitCodes.attention : exitCodes.done
    })
}

function format(summary: TableSummary, tableDir: string): string {
  const { rows, images, read, removed, partitions, unreadable, unreadableImages } = summary
  return [
    `${tableDir}: ${rows} results of ${images} images`,
    `read ${read}, removed ${removed}, wrote ${partitions} partitions`,
    ...(unreadable > 0 ? [`${unreadable} results cannot be read and have no row of their own:`] : []),
    ...formatNotes(unreadableImages),
  ].join('\n')
}
