import { basename, join } from 'node:path'
import type { Command } from 'commander'
import type { PhantomDescription } from '../phantom/phantom.ts'
import type { ResultLine } from '../screening/result-documents/result-line.ts'
import { createLog, type LogFormat } from './create-log.ts'
import { formatResults, formatSummary } from './format-results.ts'
import { screenPhantoms } from './screen-phantoms.ts'
import { addScreeningOptions, parsePositive, type ScreeningOptions, settingsOf } from './screening-options.ts'

interface Options extends ScreeningOptions {
  out: string
  count: number
}

export function addDemoCommand(program: Command): void {
  const command = program
    .command('demo')
    .description('make a handful of phantoms and take them through the whole pipeline')
    .option('--out <dir>', 'where phantoms and results go', 'demo')
    .option('--count <n>', 'how many phantoms', parsePositive, 8)
  addScreeningOptions(command).action(async (options: Options) => {
    const phantoms = join(options.out, 'phantoms')
    const results = join(options.out, 'results')
    const { drawn, lines, summary } = await screenPhantoms(phantoms, settingsOf(options, results), {
      ...options,
      log: createLog(program.opts<{ log: LogFormat }>().log),
    })
    const truth = new Map(drawn.map((phantom) => [basename(phantom.file), describeDrawing(phantom)]))
    const column = { heading: 'drawn', cell: (line: ResultLine) => truth.get(basename(line.input)) ?? '' }
    console.log(`\n${formatResults(lines, column)}\n\n${formatSummary(summary, results)}`)
    console.log(
      `'drawn' is what each phantom shows (${phantoms}/phantoms.csv). Phantoms are no clinical evidence; how the models do on real radiographs is in their MODEL_CARD.md.`,
    )
  })
}

function describeDrawing({ pneumothorax }: PhantomDescription): string {
  return pneumothorax ? `${pneumothorax.kind}, ${pneumothorax.side}, ${pneumothorax.extent}` : 'no pneumothorax'
}
