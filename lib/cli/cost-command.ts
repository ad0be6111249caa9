import { readFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type PatternName, patterns } from '../cost/arrivals.ts'
import { type CostEstimate, estimateCost } from '../cost/estimate-cost.ts'
import { fleets, type ProfileName } from '../cost/fleet.ts'
import { defaultPrices, type PriceTable, priceTable } from '../cost/prices.ts'
import { describeIssues } from '../screening/kernel/describe-issues.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import { formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  imagesPerDay: number
  pattern: PatternName
  profile: ProfileName | 'all'
  endpoints: 'economy' | 'private'
  days: number
  statShare: number
  seed: number
  throughput?: number
  idleExit?: number
  prices?: string
  json: boolean
}

const profiles = Object.keys(fleets) as ProfileName[]

export function addCostCommand(program: Command): void {
  program
    .command('cost')
    .description('simulate the fleet: how long images wait and what they cost, for each profile')
    .requiredOption('--images-per-day <n>', 'images of a working day', parseAmount)
    .addOption(new Option('--pattern <name>', 'when they come').choices(Object.keys(patterns)).default('office-hours'))
    .addOption(new Option('--profile <name>', 'which fleet').choices([...profiles, 'all']).default('all'))
    .addOption(new Option('--endpoints <form>', 'of the network').choices(['economy', 'private']).default('economy'))
    .option('--days <n>', 'simulated days, from a Monday', parseAmount, 14)
    .option('--stat-share <share>', 'images in the stat lane, 0 to 1', parseShare, 0.1)
    .option('--seed <n>', 'another seed draws other arrivals', parseAmount, 1)
    .option('--throughput <images/s>', "of one worker, in batches of any size, instead of the profile's", parseAmount)
    .option('--idle-exit <seconds>', "of one worker, instead of the profile's", parseAmount)
    .option('--prices <json>', 'a price table of your own; the default one is not verified')
    .option('--json', 'print everything as JSON', false)
    .addHelpText(
      'after',
      wrapNotes('What is modelled and what is not: docs/costs.md. Exit code: 0, or 1 when the program failed.'),
    )
    .action(async (options: Options) => {
      const prices = options.prices === undefined ? defaultPrices : await readPrices(options.prices)
      const changes = {
        ...(options.throughput === undefined
          ? {}
          : { throughput: options.throughput, singleThroughput: options.throughput }),
        ...(options.idleExit === undefined ? {} : { idleExitSeconds: options.idleExit }),
      }
      if (options.throughput === 0)
        throw new ConfigurationError('A worker of throughput 0 never ends. Give --throughput.')
      if (options.days === 0) throw new ConfigurationError('Nothing happens in 0 days. Give --days 1 or more.')
      const asked = options.profile === 'all' ? profiles : [options.profile]
      const estimates = asked.map((profile) => ({
        profile,
        ...estimateCost({ ...options, profile, changes }, prices),
      }))
      if (options.json) {
        console.log(JSON.stringify({ prices, assumed: fleets, changes, estimates }))
        return
      }
      console.log(formatTable(['', ...asked], rowsOf(estimates)))
      console.log(
        `Prices of ${prices.asOf}, ${prices.region}: ${prices.source}. Throughput of a GPU is assumed, not measured.`,
      )
    })
}

function rowsOf(estimates: readonly CostEstimate[]): string[][] {
  const seconds = (value: number | null): string =>
    value === null ? '–' : value < 120 ? `${value.toFixed(1)} s` : `${(value / 60).toFixed(1)} min`
  const usd = (value: number | null): string => (value === null ? '–' : `$${value.toFixed(2)}`)
  const row = (title: string, of: (estimate: CostEstimate) => string): string[] => [title, ...estimates.map(of)]
  return [
    row('images', ({ images }) => String(images)),
    ...(['stat', 'routine'] as const).map((lane) =>
      row(`${lane}: p50 / p95 / p99`, ({ latencySeconds: { [lane]: found } }) =>
        [found.p50, found.p95, found.p99].map(seconds).join(' / '),
      ),
    ),
    row('machine hours: busy / cold / idle / lost', ({ machineHours: { busy, cold, idle, lost } }) =>
      [busy, cold, idle, lost].map((hours) => hours.toFixed(1)).join(' / '),
    ),
    row('drain jobs, spot interruptions', ({ jobs, interruptions }) => `${jobs}, ${interruptions}`),
    row('machines', ({ costUsd }) => usd(costUsd.machines)),
    row('preprocessing', ({ costUsd }) => usd(costUsd.preprocessing)),
    row('storage and its requests', ({ costUsd }) => usd(costUsd.storage)),
    row('queues, events, keys, logs', ({ costUsd }) => usd(costUsd.queuesAndEvents + costUsd.keys + costUsd.logs)),
    row('network', ({ costUsd }) => usd(costUsd.network)),
    row('per 1,000 images', ({ per1000ImagesUsd }) => usd(per1000ImagesUsd)),
    row('per month', ({ perMonthUsd }) => usd(perMonthUsd)),
  ]
}

async function readPrices(file: string): Promise<PriceTable> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new ConfigurationError(`${file} cannot be read (${cause.code}). Give a price table.`, { cause })
  })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new ConfigurationError(
      `${file} is not JSON (${(cause as Error).message}). \`pleura cost --json\` prints a price table.`,
      { cause },
    )
  }
  const parsed = priceTable.safeParse(json)
  if (parsed.success) return parsed.data
  throw new ConfigurationError(
    `${file} is no price table. ${describeIssues(parsed.error)}. \`pleura cost --json\` prints one.`,
  )
}

function parseAmount(text: string): number {
  const value = Number(text)
  if (!(value >= 0 && value <= 1e8)) throw new InvalidArgumentError('expected a number, 0 or more')
  return value
}

function parseShare(text: string): number {
  const value = Number(text)
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('expected a share between 0 and 1')
  return value
}
