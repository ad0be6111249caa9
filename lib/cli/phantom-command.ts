import type { Command } from 'commander'
import { writePhantomSet } from '../phantom/write-phantom-set.ts'
import { parsePositive, parseWithin } from './screening-options.ts'
import { createProgress } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  count: number
  out: string
  seed: number
  size: number
  json: boolean
}

export function addPhantomCommand(program: Command): void {
  program
    .command('phantom')
    .description('make synthetic chest radiographs as DICOM, in the SIIM-ACR layout with train-rle.csv')
    .requiredOption('--count <n>', 'how many, at most 100000', (text: string) => parseWithin(text, 1, 100_000))
    .requiredOption('--out <dir>', 'where they go')
    .option('--seed <n>', 'the same seed makes the same files', parsePositive, 1)
    .option('--size <pixels>', 'rows and columns, 64 to 4096', (text: string) => parseWithin(text, 64, 4096), 1024)
    .option('--json', 'print a JSON summary', false)
    .addHelpText(
      'after',
      wrapNotes('Phantoms serve demos, tests and benchmarks. They never stand in for clinical evidence.'),
    )
    .action(async (options: Options) => {
      const progress = createProgress(options.count, 'phantoms')
      const written = await writePhantomSet({
        count: options.count,
        outDir: options.out,
        seed: options.seed,
        rows: options.size,
        onProgress: () => progress.step(),
      }).finally(() => progress.stop())
      console.log(
        options.json
          ? JSON.stringify(written)
          : `${options.count} phantoms in ${options.out}: dicom-images-train/, train-rle.csv, phantoms.csv`,
      )
    })
}
