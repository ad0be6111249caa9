import type { Command } from 'commander'
import { FolderWatch } from '../embedded/watch-folder.ts'
import { createLog, type LogFormat } from './create-log.ts'
import { addDeidentifyOption, type DeidentifyOption, deidentifiableSettings } from './deidentify-option.ts'
import { addDeliverOption, type DeliverOption, screenAndDeliver } from './deliver-option.ts'
import { formatWatchHead, formatWatchRow } from './format-results.ts'
import { addScreeningOptions, parsePositive, type ScreeningOptions } from './screening-options.ts'
import { stopOnInterrupt } from './stop-on-interrupt.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options extends ScreeningOptions, DeliverOption, DeidentifyOption {
  out: string
  json: boolean
  interval: number
  untilEmpty: boolean
}

export function addWatchCommand(program: Command): void {
  const command = program
    .command('watch')
    .description('watch a folder as a bucket: screen every file that arrives, each once, through a queue on disk')
    .argument('<dir>', 'the folder to watch, to the bottom')
    .requiredOption('--out <dir>', 'where results and the queue go')
    .option('--interval <ms>', 'how often the folder is looked at; a file must rest this long', parsePositive, 1000)
    .option('--until-empty', 'end when every file is screened', false)
    .option('--json', 'print one JSON line per image', false)
  addDeidentifyOption(addDeliverOption(addScreeningOptions(command))).addHelpText(
    'after',
    wrapNotes(
      'End it with Ctrl-C: what is under way is finished first. After a kill, start it again: nothing is lost or done twice.',
    ),
  )
  command.action(async (dir: string, options: Options) => {
    const { log: format } = program.opts<{ log: LogFormat }>()
    const log = createLog(format)
    const signal = stopOnInterrupt(format)
    await screenAndDeliver(options, await deidentifiableSettings(options, log), { log, signal }, (settings, onResult) =>
      FolderWatch.run(dir, settings, {
        concurrency: options.concurrency,
        log,
        intervalMs: options.interval,
        untilEmpty: options.untilEmpty,
        signal,
        onStart: () => {
          if (options.json) return
          console.log(`Watching ${dir}; results in ${options.out}. Ctrl-C ends it.\n${formatWatchHead()}`)
        },
        onResult,
        onStudy: (line) => console.log(options.json ? JSON.stringify(line) : formatWatchRow(line, dir)),
      }),
    )
  })
}
