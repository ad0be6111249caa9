import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { ResultTable } from '../embedded/table/open-table.ts'
import { detectDrift } from '../evaluation/drift/detect-drift.ts'
import { buildDriftReport, driftSummary } from '../evaluation/drift/drift-report.ts'
import { readPeriod } from '../evaluation/drift/period.ts'
import { periodOfTable } from '../evaluation/drift/period-of-table.ts'
import type { Period } from '../evaluation/drift/summarise-period.ts'
import { writeReport } from '../evaluation/report/write-report.ts'
import { parseFractions } from '../evaluation/settings/parse-settings.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import { exitCodes } from './failed-program.ts'
import { parseDay } from './parse-day.ts'
import { parseTenant } from './parse-tenant.ts'
import { formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  reference?: string
  current?: string
  table?: string
  tenant: string
  referenceDays?: Days
  currentDays?: Days
  referenceFacts?: string
  currentFacts?: string
  alpha: string
  out?: string
  json: boolean
}

/** The stream of images has changed: neither a failure nor images that were not analysed. */
const alarmExitCode = 3

export function addMonitorCommand(program: Command): void {
  program
    .command('monitor')
    .description('compare the results of two periods and say whether the stream of images has changed')
    .option('--reference <dir>', 'results of the period to compare with (results.jsonl)')
    .option('--current <dir>', 'results of the period in question')
    .option('--table <dir>', 'a results table that holds both periods, instead of two folders')
    .option('--tenant <id>', 'with --table: whose results', parseTenant, 'local')
    .option('--reference-days <from..to>', 'with --table: the days to compare with, UTC', parseDays)
    .option('--current-days <from..to>', 'with --table: the days in question', parseDays)
    .option('--reference-facts <jsonl>', 'file-facts.jsonl of `pleura explore` over the images of the reference')
    .option('--current-facts <jsonl>', 'the same for the current period: adds pixel statistics')
    .option('--alpha <p>', 'p, adjusted for all figures, below which a difference is not chance', '0.01')
    .option('--out <dir>', 'where report.html, summary.json and plots/ go; no report without it')
    .option('--json', 'print the figures as JSON', false)
    .addHelpText('after', wrapNotes('Exit code: 0 no alarm; 3 an alarm; 1 the program failed.'))
    .action(async (options: Options) => {
      const { reference, current } = await readPeriods(options)
      const [alpha] = parseFractions(options.alpha)
      const drift = detectDrift(reference, current, alpha)
      if (options.out) await writeReport(options.out, buildDriftReport(drift))
      if (options.json) console.log(JSON.stringify(driftSummary(drift)))
      else {
        const rows = drift.tests.map(({ figure, status, effectName, effect, threshold, adjustedP, remark }) => [
          figure,
          status,
          effect === null ? '–' : `${effectName} ${effect.toFixed(3)}`,
          threshold.toFixed(2),
          adjustedP === null ? '–' : adjustedP.toPrecision(2),
          remark,
        ])
        console.log(formatTable(['figure', 'verdict', 'effect', 'alarm from', 'p adjusted', 'remark'], rows))
        console.log(drift.alarms.length === 0 ? 'No alarm.' : `Alarm: ${drift.alarms.join(', ')}`)
        for (const problem of drift.problems.slice(0, 20)) console.log(`note: ${problem}`)
        if (options.out) console.log(`Report: ${join(options.out, 'report.html')}`)
      }
      process.exitCode = drift.alarms.length > 0 ? alarmExitCode : exitCodes.done
    })
}

interface Days {
  readonly from: string
  readonly to: string
}

interface Periods {
  readonly reference: Period
  readonly current: Period
}

/** @throws {ConfigurationError} when neither two folders nor a table with two spans of days are named */
async function readPeriods(options: Options): Promise<Periods> {
  const { reference, current, table: tableDir, referenceDays, currentDays } = options
  const isOfTable = tableDir !== undefined
  if (isOfTable && referenceDays && currentDays && reference === undefined && current === undefined) {
    return readFromTable(tableDir, options.tenant, referenceDays, currentDays)
  }
  if (!isOfTable && reference !== undefined && current !== undefined) {
    return {
      reference: await readPeriod(reference, options.referenceFacts ?? null),
      current: await readPeriod(current, options.currentFacts ?? null),
    }
  }
  throw new ConfigurationError('Give --reference and --current, or --table with --reference-days and --current-days.')
}

async function readFromTable(tableDir: string, tenant: string, before: Days, now: Days): Promise<Periods> {
  const table = await ResultTable.open(tableDir)
  const periodOf = (days: Days) =>
    periodOfTable(`${days.from}..${days.to}`, (query) => table.ask(query, { tenant, ...days }))
  try {
    return { reference: await periodOf(before), current: await periodOf(now) }
  } finally {
    await table.close()
  }
}

function parseDays(text: string): Days {
  const [from, to, ...more] = text.split('..')
  if (to === undefined || more.length > 0) throw new InvalidArgumentError('Days are written as 2026-11-01..2026-11-30.')
  if (parseDay(from) > parseDay(to)) throw new InvalidArgumentError('The first day is after the last.')
  return { from, to }
}
