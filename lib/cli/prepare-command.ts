import type { Command } from 'commander'
import { listInputs } from '../embedded/list-inputs.ts'
import { prepareFiles } from '../embedded/prepare-files.ts'
import type { PreparedLine } from '../embedded/prepared-line.ts'
import { NothingToAnalyseError } from '../screening/kernel/errors.ts'
import { isSetAside } from '../screening/result-documents/result-line.ts'
import { createLog, type LogFormat } from './create-log.ts'
import { exitCodes } from './failed-program.ts'
import { plural } from './format-results.ts'
import { addPolicyOptions, type PolicyOptions, policyOf } from './screening-options.ts'
import { stopOnInterrupt } from './stop-on-interrupt.ts'
import { createProgress, formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options extends PolicyOptions {
  out: string
  fullResolution: boolean
  concurrency: number
  json: boolean
}

export function addPrepareCommand(program: Command): void {
  const command = program
    .command('prepare')
    .description('the preprocessing half alone: radiographs to 8-bit grey PNG')
    .argument('<path...>', 'files and folders; folders are searched to the bottom')
    .requiredOption('--out <dir>', 'where <imageId>.png and prepared.jsonl go')
    .option('--full-resolution', "keep the source's rows × columns instead of at most 1024 a side", false)
    .option('--json', 'print one JSON line per input instead of a summary', false)
  addPolicyOptions(command).addHelpText(
    'after',
    wrapNotes(
      'Exit code: 0 every input prepared; 2 some rejected, each with its reason; 4 there was no image; 1 the program failed; 130 interrupted (the same command goes on from there).',
    ),
  )
  command.action(async (paths: string[], options: Options) => {
    const { log: format } = program.opts<{ log: LogFormat }>()
    const inputs = await listInputs(paths, options.out)
    if (inputs.length === 0) throw new NothingToAnalyseError(paths)
    const progress = createProgress(inputs.length, 'images')
    const lines = await prepareFiles(inputs, {
      outDir: options.out,
      policy: policyOf(options),
      fullResolution: options.fullResolution,
      concurrency: options.concurrency,
      log: createLog(format),
      signal: stopOnInterrupt(format),
      onImage: progress.step,
    }).finally(() => progress.stop())
    if (options.json) for (const line of lines) console.log(JSON.stringify(line))
    const images = lines.filter((line) => !isSetAside(line))
    if (images.length === 0) throw new NothingToAnalyseError(paths, lines.length)
    if (!options.json) console.log(formatPrepared(lines, options.out))
    process.exitCode = images.some((line) => line.outcome === 'rejected') ? exitCodes.someNotAnalysed : exitCodes.done
  })
}

function formatPrepared(lines: readonly PreparedLine[], outDir: string): string {
  const images = lines.filter((line) => !isSetAside(line))
  const setAside = lines.length - images.length
  const rejected = images.filter((line) => line.outcome === 'rejected')
  const counts = new Map<string, number>()
  for (const { reason } of rejected) counts.set(reason!, (counts.get(reason!) ?? 0) + 1)
  const table = formatTable(
    ['reason', 'inputs'],
    [...counts].map(([reason, count]) => [reason, String(count)]),
  )
  return [
    `${plural(images.length, 'image')}: ${images.length - rejected.length} prepared, ${rejected.length} rejected`,
    ...(rejected.length > 0 ? [table] : []),
    ...(setAside > 0 ? [`${setAside} more set aside as no input, each in prepared.jsonl`] : []),
    `Results: ${outDir}/prepared.jsonl and ${outDir}/<imageId>.png`,
  ].join('\n')
}
