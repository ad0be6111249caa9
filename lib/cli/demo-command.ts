import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { listInputs } from '../embedded/list-inputs.ts'
import { screenFiles } from '../embedded/screen-files.ts'
import type { PhantomDescription } from '../phantom/phantom.ts'
import { writePhantomSet } from '../phantom/write-phantom-set.ts'
import type { ResultLine } from '../screening/result-documents/result-line.ts'
import { createLog, type LogFormat } from './create-log.ts'
import { formatResults, formatSummary } from './format-results.ts'
import { addScreeningOptions, parsePositive, type ScreeningOptions, settingsOf } from './screening-options.ts'
import { createProgress } from './terminal.ts'

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
    console.log(`Making ${options.count} synthetic chest radiographs in ${phantoms} …`)
    const making = createProgress(options.count, 'phantoms')
    const { phantoms: drawn } = await writePhantomSet({
      count: options.count,
      outDir: phantoms,
      seed: 2,
      onProgress: () => making.step(),
    }).finally(() => making.stop())

    console.log('Screening them …')
    const files = await listInputs([join(phantoms, 'dicom-images-train')], results)
    const screening = createProgress(files.length, 'images')
    const lines: ResultLine[] = []
    const summary = await screenFiles(files, settingsOf(options, results), {
      concurrency: options.concurrency,
      force: true,
      log: createLog(program.opts<{ log: LogFormat }>().log),
      onStudy: (line, index) => {
        lines[index] = line
        screening.step()
      },
    }).finally(() => screening.stop())
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
