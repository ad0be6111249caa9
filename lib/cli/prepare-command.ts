import { join } from 'node:path'
import type { Command } from 'commander'
import { forEachConcurrently } from '../adapters/embedded/for-each-concurrently.ts'
import { exitCodes } from './failed-program.ts'
import { listInputs } from './list-inputs.ts'
import { createLog, type Log, type LogFormat } from './log.ts'
import { OrderedLines } from './ordered-lines.ts'
import type { PreparedLine } from './prepared-line.ts'
import { ProcessPool } from './process-pool.ts'
import { rejectedLine } from './rejected-line.ts'
import { addPolicyOptions, type PolicyOptions, policyOf } from './screening-settings.ts'
import { identifySource } from './source-identity.ts'
import { systemFailure } from './study-screener.ts'
import { createProgress, formatTable } from './terminal.ts'

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
    '\nExit code: 0 every input prepared; 2 some rejected, each with its reason; 1 the program failed.',
  )
  command.action(async (paths: string[], options: Options) => {
    const log = createLog(program.opts<{ log: LogFormat }>().log)
    const lines = await prepareFiles(await listInputs(paths, options.out), options, log)
    if (options.json) for (const line of lines) console.log(JSON.stringify(line))
    else console.log(formatPrepared(lines, options.out))
    process.exitCode = lines.some((line) => line.outcome === 'rejected') ? exitCodes.someNotAnalysed : exitCodes.done
  })
}

async function prepareFiles(files: readonly string[], options: Options, log: Log): Promise<PreparedLine[]> {
  const progress = createProgress(files.length, 'images')
  const pool = new ProcessPool(options.concurrency)
  const lines: PreparedLine[] = []
  try {
    const written = await OrderedLines.create<PreparedLine>(join(options.out, 'prepared.jsonl'))
    await forEachConcurrently(files.entries(), options.concurrency * 2, async ([index, file]) => {
      lines[index] = await prepareFile(file, pool, options, log)
      written.put(index, lines[index])
      progress.step()
    })
    await written.close()
  } finally {
    progress.stop()
    await pool.close()
  }
  return lines
}

async function prepareFile(file: string, pool: ProcessPool, options: Options, log: Log): Promise<PreparedLine> {
  let imageId: string | null = null
  try {
    imageId = await identifySource(file)
  } catch (error) {
    return { input: file, ...rejectedLine(null, 'unreadable', (error as Error).message) }
  }
  try {
    const prepared = await pool.prepareFile({
      path: file,
      imageId,
      outDir: options.out,
      policy: policyOf(options),
      fullResolution: options.fullResolution,
    })
    return { input: file, ...prepared }
  } catch (error) {
    log('error', 'preparing-failed', { imageId, cause: (error as Error).message })
    return { input: file, ...rejectedLine(imageId, systemFailure, (error as Error).message) }
  }
}

function formatPrepared(lines: readonly PreparedLine[], outDir: string): string {
  const rejected = lines.filter((line) => line.outcome === 'rejected')
  const counts = new Map<string, number>()
  for (const { reason } of rejected) counts.set(reason!, (counts.get(reason!) ?? 0) + 1)
  const table = formatTable(
    ['reason', 'inputs'],
    [...counts].map(([reason, count]) => [reason, String(count)]),
  )
  return [
    `${lines.length} inputs: ${lines.length - rejected.length} prepared, ${rejected.length} rejected`,
    ...(rejected.length > 0 ? [table] : []),
    `Results: ${outDir}/prepared.jsonl and ${outDir}/<imageId>.png`,
  ].join('\n')
}
