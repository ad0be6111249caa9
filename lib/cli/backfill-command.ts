import { availableParallelism, constants, setPriority } from 'node:os'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { estimateCost } from '../cost/estimate-cost.ts'
import { fleets, type ProfileName } from '../cost/fleet.ts'
import { defaultPrices } from '../cost/prices.ts'
import { setPaused, withPlan } from '../embedded/backfill/backfill.ts'
import { measurePace } from '../embedded/backfill/measure-pace.ts'
import { type BackfillPlan, type BackfillSource, imagesOf } from '../embedded/backfill/plan-backfill.ts'
import { type BackfillReport, runBackfill } from '../embedded/backfill/run-backfill.ts'
import { ConfigurationError, NothingToAnalyseError } from '../screening/kernel/errors.ts'
import { createLog, type LogFormat } from './create-log.ts'
import { exitCodes } from './failed-program.ts'
import { addScreeningOptions, parsePositive, type ScreeningOptions, settingsOf } from './screening-options.ts'
import { stopOnInterrupt } from './stop-on-interrupt.ts'
import { createProgress, formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options extends ScreeningOptions {
  out: string
  manifest?: string
  plan: boolean
  cloud?: ProfileName
  cloudDays: number
  live: string[]
  maxImages?: number
  maxHours?: number
  maxUsd?: number
  usdPerHour: number
  pause: boolean
  resume: boolean
  json: boolean
}

export function addBackfillCommand(program: Command): void {
  const command = program
    .command('backfill')
    .description('screen an archive beside the daily work: planned first, within a budget, gone on with after any end')
    .argument('[folder]', 'the archive; searched to the bottom')
    .requiredOption('--out <dir>', 'where its results go: a folder of its own')
    .option('--manifest <file>', 'instead of a folder: a text file with a path on each line, relative to it')
    .option(
      '--plan',
      'only list what there is and estimate time (and with --cloud cost); screens 12 pictures for it',
      false,
    )
    .addOption(new Option('--cloud <profile>', 'also estimate what it would cost in AWS').choices(Object.keys(fleets)))
    .option('--cloud-days <n>', 'over how many days it would be sent there', parsePositive, 7)
    .option('--live <dir>', 'output folder of a watch or listen whose images go first; may be repeated', collect, [])
    .option('--max-images <n>', 'end after so many pictures, of all runs together', parsePositive)
    .option('--max-hours <hours>', 'end after so much time, of all runs together', parseAmount)
    .option('--max-usd <usd>', 'end after so much money: hours times --usd-per-hour', parseAmount)
    .option('--usd-per-hour <usd>', 'what this machine costs', parseAmount, 0)
    .addOption(new Option('--pause', 'only tell a run to begin no image until --resume').default(false))
    .addOption(new Option('--resume', 'only end a pause').default(false).conflicts('pause'))
    .option('--json', 'print plan or report as JSON', false)
  addScreeningOptions(command).addHelpText(
    'after',
    wrapNotes(
      'Runs at the lowest priority of the system and, unless --concurrency says otherwise, on half of the cores. End it with Ctrl-C, or kill it: the same command goes on from there. The archive is listed once, by the first run.\nExit code: 0 every picture analysed; 2 some not, each with its reason in not-analysed.jsonl; 3 the budget has ended it; 4 there was no picture; 130 interrupted; 1 the program failed.',
    ),
  )
  command.action(async (folder: string | undefined, options: Options) => {
    if (options.pause || options.resume) {
      await setPaused(options.out, options.pause)
      console.log(options.pause ? 'Paused: what is under way is finished.' : 'Goes on.')
      return
    }
    if (command.getOptionValueSource('concurrency') === 'default') {
      options.concurrency = Math.max(1, Math.floor(availableParallelism() / 2))
    }
    const source = sourceOf(folder, options)
    assertBudget(options)
    // Also of the processes that it starts: whatever else runs here goes first.
    setPriority(constants.priority.PRIORITY_LOW)
    const { log: format } = program.opts<{ log: LogFormat }>()
    await withPlan(
      source,
      options.out,
      () => {},
      async (plan) => {
        if (imagesOf(plan) === 0) throw new NothingToAnalyseError([source.path], plan.entries)
        if (options.plan) await printPlan(plan, options, format)
        else await run(plan, options, format)
      },
    )
  })
}

function sourceOf(folder: string | undefined, { manifest, out, live }: Options): BackfillSource {
  if ((folder === undefined) === (manifest === undefined)) {
    throw new ConfigurationError('Give the folder of the archive, or a list of paths with --manifest.')
  }
  if (live.some((dir) => resolve(dir) === resolve(out))) {
    throw new ConfigurationError('--live names the folder of another program, not the --out of this one.')
  }
  return manifest === undefined ? { kind: 'folder', path: folder! } : { kind: 'manifest', path: manifest }
}

function assertBudget({ maxUsd, usdPerHour }: Options): void {
  if (maxUsd !== undefined && usdPerHour === 0) {
    throw new ConfigurationError('--max-usd needs --usd-per-hour: what this machine costs.')
  }
}

async function printPlan(plan: BackfillPlan, options: Options, format: LogFormat): Promise<void> {
  const { concurrency, cloud, cloudDays, usdPerHour } = options
  const settings = settingsOf(options, options.out)
  const secondsPerImage = await measurePace(plan.sample, settings, { concurrency, log: createLog(format) })
  const images = imagesOf(plan)
  const hours = secondsPerImage === null ? null : (images * secondsPerImage) / 3600
  const estimate = cloud === undefined ? null : cloudCost(images, cloud, cloudDays)
  const { sample: _, ...listed } = plan
  if (options.json) {
    console.log(JSON.stringify({ ...listed, images, concurrency, secondsPerImage, hours, cloud: estimate }))
    return
  }
  const rows = [
    ...Object.entries(plan.byKind).map(([kind, count]) => [kind, String(count)]),
    ['to be screened', String(images)],
    ['bytes', String(plan.sizeBytes)],
    [
      'time here',
      hours === null ? 'too few pictures to measure it' : `${hours.toFixed(1)} hours, ${concurrency} at a time`,
    ],
    ...(hours !== null && usdPerHour > 0 ? [['cost here', `$${(hours * usdPerHour).toFixed(2)}`]] : []),
    ...(estimate ? [[`cost in AWS, ${cloud}, over ${cloudDays} days`, `$${estimate.totalUsd.toFixed(2)}`]] : []),
  ]
  console.log(formatTable(['plan', ''], rows))
}

/** Sent at an even pace into the routine lane. */
function cloudCost(images: number, profile: ProfileName, days: number) {
  return estimateCost(
    {
      imagesPerDay: images / days,
      pattern: 'steady',
      profile,
      endpoints: 'economy',
      days,
      statShare: 0,
      seed: 1,
      changes: {},
    },
    defaultPrices,
  )
}

async function run(plan: BackfillPlan, options: Options, format: LogFormat): Promise<void> {
  const progress = createProgress(plan.entries, 'files')
  const log = createLog(format)
  let shown = 0
  const report = await runBackfill(plan, settingsOf(options, options.out), {
    concurrency: options.concurrency,
    budget: {
      images: options.maxImages ?? null,
      hours: options.maxHours ?? null,
      usd: options.maxUsd ?? null,
      usdPerHour: options.usdPerHour,
    },
    live: options.live,
    log,
    signal: stopOnInterrupt(format),
    onLine: (_, done) => {
      progress.step(done - shown)
      shown = done
    },
    onHold: (why) => log('info', 'hold', { why }),
  }).finally(() => progress.stop())
  console.log(options.json ? JSON.stringify(report) : formatReport(report, options.out))
  process.exitCode = exitCodeOf(report)
}

function exitCodeOf({ ending, notAnalysed }: BackfillReport): number {
  if (ending === 'interrupted') return exitCodes.interrupted
  if (ending !== 'finished') return exitCodes.attention
  return notAnalysed > 0 ? exitCodes.someNotAnalysed : exitCodes.done
}

const endings: Readonly<Record<BackfillReport['ending'], string>> = {
  finished: 'The archive is through.',
  interrupted: 'Interrupted. The same command goes on from there.',
  'budget-images': 'The budget of images is used up. With a larger --max-images it goes on.',
  'budget-hours': 'The budget of hours is used up. With a larger --max-hours it goes on.',
  'budget-usd': 'The budget of money is used up. With a larger --max-usd it goes on.',
}

function formatReport(report: BackfillReport, outDir: string): string {
  const rows = [
    ['files', `${report.done} of ${report.entries}`],
    ['suspected', String(report.suspected)],
    ['not suspected', String(report.notSuspected)],
    ['not analysed', String(report.notAnalysed)],
    ...Object.entries(report.reasons).map(([reason, count]) => [`  ${reason}`, String(count)]),
    ['set aside: no pictures', String(report.setAside)],
    ['hours', report.hours.toFixed(2)],
    ...(report.usd === null ? [] : [['cost', `$${report.usd.toFixed(2)}`]]),
  ]
  const where = report.notAnalysed > 0 ? [`What was not analysed, and why: ${outDir}/not-analysed.jsonl`] : []
  return [formatTable(['backfill', ''], rows), endings[report.ending], ...where].join('\n')
}

const collect = (value: string, before: string[]): string[] => [...before, value]

function parseAmount(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1e8))
    throw new InvalidArgumentError('expected a number, 0 or more')
  return value
}
