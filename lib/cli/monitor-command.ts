import { join } from 'node:path'
import type { Command } from 'commander'
import { detectDrift } from '../evaluation/drift/detect-drift.ts'
import { buildDriftReport, driftSummary } from '../evaluation/drift/drift-report.ts'
import { readPeriod } from '../evaluation/drift/period.ts'
import { writeReport } from '../evaluation/report/write-report.ts'
import { parseFractions } from '../evaluation/settings/parse-settings.ts'
import { exitCodes } from './failed-program.ts'
import { formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  reference: string
  current: string
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
    .requiredOption('--reference <dir>', 'results of the period to compare with (results.jsonl)')
    .requiredOption('--current <dir>', 'results of the period in question')
    .option('--reference-facts <jsonl>', 'file-facts.jsonl of `pleura explore` over the images of the reference')
    .option('--current-facts <jsonl>', 'the same for the current period: adds pixel statistics')
    .option('--alpha <p>', 'p, adjusted for all figures, below which a difference is not chance', '0.01')
    .option('--out <dir>', 'where report.html, summary.json and plots/ go; no report without it')
    .option('--json', 'print the figures as JSON', false)
    .addHelpText('after', wrapNotes('Exit code: 0 no alarm; 3 an alarm; 1 the program failed.'))
    .action(async (options: Options) => {
      const reference = await readPeriod(options.reference, options.referenceFacts ?? null)
      const current = await readPeriod(options.current, options.currentFacts ?? null)
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
