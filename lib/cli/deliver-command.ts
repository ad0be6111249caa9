import { stat } from 'node:fs/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { DeliveryReport, Ending } from '../embedded/deliver/courier.ts'
import { Deliveries } from '../embedded/deliver/deliveries.ts'
import { type ReadDeliveryConfig, readDeliveryConfig } from '../embedded/deliver/read-delivery-config.ts'
import { type ListedLetter, listDeadLetters, redeliverDead, redeliverImage } from '../embedded/deliver/redeliver.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import { createLog, type LogFormat } from './create-log.ts'
import { exitCodes } from './failed-program.ts'
import { formatDeliverySummary, isAnythingLeft } from './format-deliveries.ts'
import { stopOnInterrupt } from './stop-on-interrupt.ts'
import { formatRow, formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  out: string
  targets: string
  target?: string
  once: boolean
  untilEmpty: boolean
  listDead: boolean
  redeliver?: string
  json: boolean
}

export function addDeliverCommand(program: Command): void {
  program
    .command('deliver')
    .description('deliver the results of an output folder to its targets, each at its own pace, until they have them')
    .requiredOption('--out <dir>', 'the output folder of screen, watch or listen; the queues lie in <dir>/.deliver')
    .requiredOption('--targets <file>', 'where results go (JSON; docs/delivery.md shows what it holds)')
    .option('--target <name>', 'with --list-dead or --redeliver: of this target only')
    .option('--once', 'try once what is to be delivered, then end; what a target does not take waits on', false)
    .addOption(new Option('--until-empty', 'end when nothing waits').default(false).conflicts('once'))
    .option('--list-dead', 'only list what was given up, with the reason', false)
    .addOption(
      new Option('--redeliver <what>', "only put back into the queues: 'dead' (all that was given up) or an imageId")
        .argParser(parseRedelivery)
        .conflicts(['listDead', 'once', 'untilEmpty']),
    )
    .option('--json', 'print one JSON line per delivery, and none for people', false)
    .addHelpText(
      'after',
      wrapNotes(
        'Every result reaches every target once; after a kill or a restart it goes on. End it with Ctrl-C.\nExit code: 0 nothing is left; 3 something was given up, cannot be read, or (--once) still waits; 1 the program failed.',
      ),
    )
    .action(async (options: Options) => {
      const config = await readDeliveryConfig(options.targets)
      await assertFolder(options.out)
      if (options.listDead) await list(config, options)
      else if (options.redeliver !== undefined) await redeliver(config, options, options.redeliver)
      else if (options.target !== undefined) {
        throw new ConfigurationError('--target goes with --list-dead or --redeliver.')
      } else await deliver(config, options, program.opts<{ log: LogFormat }>().log)
    })
}

/** A misspelt folder would be followed for ever, and deliver nothing. @throws {ConfigurationError} */
async function assertFolder(outDir: string): Promise<void> {
  if ((await stat(outDir).catch(() => null))?.isDirectory()) return
  throw new ConfigurationError(`There is no folder ${outDir}. Give the --out of screen, watch or listen.`)
}

async function deliver(config: ReadDeliveryConfig, options: Options, format: LogFormat): Promise<void> {
  const follow = !options.once
  const until: Ending = options.once ? 'when-tried' : options.untilEmpty ? 'when-empty' : 'when-stopped'
  const say = options.json ? () => {} : (text: string) => console.log(text)
  const onSettled = (report: DeliveryReport) => {
    if (options.json) console.log(JSON.stringify(report))
    else for (const line of formatDelivery(report)) console.log(line)
  }
  const deliveries = await Deliveries.open(options.out, config, { log: createLog(format), onSettled })
  try {
    const names = config.targets.map(({ name }) => name).join(', ')
    if (follow) say(`Delivering ${options.out} to ${names}. Ctrl-C ends it.`)
    await deliveries.run({ follow, until, signal: stopOnInterrupt(format) })
    const summary = await deliveries.summary()
    say(formatDeliverySummary(summary, deliveries.unreadableResults))
    const isLeft = isAnythingLeft(summary, deliveries.unreadableResults, { isWaitingLeft: options.once })
    process.exitCode = isLeft ? exitCodes.attention : exitCodes.done
  } finally {
    await deliveries.close()
  }
}

async function list(config: ReadDeliveryConfig, options: Options): Promise<void> {
  const letters = await listDeadLetters(options.out, chosen(config, options))
  if (options.json) for (const letter of letters) console.log(JSON.stringify(letter))
  else console.log(formatLetters(letters))
  process.exitCode = letters.length > 0 ? exitCodes.attention : exitCodes.done
}

async function redeliver(config: ReadDeliveryConfig, options: Options, what: string): Promise<void> {
  const targets = chosen(config, options)
  const now = new Date()
  const count =
    what === 'dead'
      ? await redeliverDead(options.out, targets, now)
      : await redeliverImage(options.out, config, targets, what, now)
  if (options.json) console.log(JSON.stringify({ redelivered: count }))
  else console.log(`${count} deliveries wait again. A pleura deliver that runs takes them up; else start one.`)
}

/** @throws {ConfigurationError} when there is no target of that name */
function chosen({ targets }: ReadDeliveryConfig, { target }: Options) {
  if (target === undefined) return targets
  const found = targets.filter(({ name }) => name === target)
  if (found.length > 0) return found
  throw new ConfigurationError(
    `There is no target '${target}'. There are: ${targets.map(({ name }) => name).join(', ')}.`,
  )
}

function parseRedelivery(text: string): string {
  if (text === 'dead' || /^[0-9a-f]{32}$/.test(text)) return text
  throw new InvalidArgumentError("expected 'dead' or an imageId (32 of 0-9a-f)")
}

const formatDelivery = ({ target, imageId, outcome, reason }: DeliveryReport): string[] =>
  formatRow([imageId, target, outcome, reason ?? ''], [32, 16, 16, 30])

function formatLetters(letters: readonly ListedLetter[]): string {
  if (letters.length === 0) return 'No dead letters.'
  const rows = letters.map(({ target, imageId, key, reason, lastFailure, attempts, diedAt }) => [
    target,
    imageId ?? key,
    reason,
    lastFailure ?? '–',
    String(attempts ?? '–'),
    diedAt ?? '–',
  ])
  return [
    formatTable(['target', 'image', 'reason', 'last failure', 'attempts', 'given up at'], rows),
    `${letters.length} dead letters.`,
  ].join('\n')
}
