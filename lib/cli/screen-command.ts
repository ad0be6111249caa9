import type { Command } from 'commander'
import { listInputs } from '../embedded/list-inputs.ts'
import { screenFiles } from '../embedded/screen-files.ts'
import { NothingToAnalyseError } from '../screening/kernel/errors.ts'
import type { ResultLine } from '../screening/result-documents/result-line.ts'
import type { StudyResult } from '../screening/result-documents/study-result/study-result.ts'
import { createLog, type LogFormat } from './create-log.ts'
import { addDeidentifyOption, type DeidentifyOption, deidentifiableSettings } from './deidentify-option.ts'
import { addDeliverOption, type DeliverOption, screenAndDeliver } from './deliver-option.ts'
import { exitCodes } from './failed-program.ts'
import { formatResults, formatStudies, formatSummary } from './format-results.ts'
import { addScreeningOptions, type ScreeningOptions } from './screening-options.ts'
import { stopOnInterrupt } from './stop-on-interrupt.ts'
import { createProgress } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options extends ScreeningOptions, DeliverOption, DeidentifyOption {
  out: string
  json: boolean
  force: boolean
}

export function addScreenCommand(program: Command): void {
  const command = program
    .command('screen')
    .description('screen radiographs for pneumothorax: DICOM, PNG and JPEG files, or folders of them')
    .argument('<path...>', 'files and folders; folders are searched to the bottom')
    .requiredOption('--out <dir>', 'where results go: <dir>/<imageId>/ per image and <dir>/results.jsonl')
    .option('--json', 'print one JSON line per input instead of a table', false)
    .option('--force', 'screen again what an earlier run has finished', false)
  addDeidentifyOption(addDeliverOption(addScreeningOptions(command))).addHelpText(
    'after',
    wrapNotes(
      'Exit code: 0 every image analysed; 2 some not analysed, each with its reason; 4 there was no image; 1 the program failed; 130 interrupted (the same command goes on from there).\nOutcomes: suspected, not-suspected, not-analysed. Not analysed says nothing about the patient.',
    ),
  )
  command.action(async (paths: string[], options: Options) => {
    const { log: format } = program.opts<{ log: LogFormat }>()
    const inputs = await listInputs(paths, options.out)
    if (inputs.length === 0) throw new NothingToAnalyseError(paths)
    const log = createLog(format)
    const signal = stopOnInterrupt(format)
    await screenAndDeliver(
      options,
      await deidentifiableSettings(options, log),
      { log, signal },
      async (settings, onResult) => {
        const progress = createProgress(inputs.length, 'images')
        const lines: ResultLine[] = []
        const summary = await screenFiles(inputs, settings, {
          concurrency: options.concurrency,
          force: options.force,
          log,
          signal,
          onResult,
          onStudy: (line, index) => {
            lines[index] = line
            progress.step()
          },
        }).finally(() => progress.stop())
        if (options.json) for (const line of withStudies(lines, summary.studies)) console.log(JSON.stringify(line))
        if (summary.setAside === summary.inputs) throw new NothingToAnalyseError(paths, summary.setAside)
        // The table is for who has the files at hand: it names them, whatever the list calls them.
        const named = lines.map((line, index) => ({ ...line, input: inputs[index].path }))
        if (!options.json) {
          const tables = [formatResults(named), formatStudies(summary.studies), formatSummary(summary, options.out)]
          console.log(tables.filter(Boolean).join('\n\n'))
        }
        process.exitCode = summary.notAnalysed > 0 ? exitCodes.someNotAnalysed : exitCodes.done
      },
    )
  })
}

/** Each line with what the images of its study say together, as it stands at the end of the run. */
function withStudies(lines: readonly ResultLine[], studies: readonly StudyResult[]): object[] {
  const byDigest = new Map(studies.map((study) => [study.studyDigest, study]))
  return lines.map((line) => {
    const study = line.studyDigest === null ? undefined : byDigest.get(line.studyDigest)
    if (!study) return { ...line, study: null }
    const { outcome, probability, decidingImage, counts, warnings } = study
    return { ...line, study: { outcome, probability, decidingImage, counts, warnings } }
  })
}
