import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { estimateBackfill } from '../cost/estimate-backfill.ts'
import { fleets, type ProfileName } from '../cost/fleet.ts'
import { defaultPrices } from '../cost/prices.ts'
import type { ArchiveSource } from '../operations/backfill/list-archive.ts'
import { planCloudBackfill, readCloudPlan, readOrder } from '../operations/backfill/plan-cloud-backfill.ts'
import {
  type CloudBackfillReport,
  reportCloudBackfill,
  type Unanalysed,
} from '../operations/backfill/report-cloud-backfill.ts'
import { explainCloudFailures } from '../operations/cloud-failure.ts'
import { clientSettings, openStudyStore } from '../operations/open-study-store.ts'
import {
  type BackfillOrder,
  backfillKeys,
  backfillName,
  type CloudPlan,
  encodeDocument,
} from '../screening/backfill/cloud-backfill.ts'
import { ConfigurationError, NothingToAnalyseError } from '../screening/kernel/errors.ts'
import type { ObjectStore } from '../screening/kernel/ports.ts'
import { exitCodes } from './failed-program.ts'
import { parseTenant } from './parse-tenant.ts'
import { parsePositive } from './screening-options.ts'
import { createProgress, formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

const actions = ['plan', 'start', 'pause', 'resume', 'report'] as const

interface Options {
  bucket: string
  tenant: string
  name: string
  prefix?: ArchiveSource
  manifest?: ArchiveSource
  inventory?: ArchiveSource
  atATime: number
  profile: ProfileName
  endpoints: 'economy' | 'private'
  maxImages?: number
  out?: string
  json: boolean
}

export function addCloudBackfillCommand(program: Command): void {
  program
    .command('cloud-backfill')
    .description('screen an archive in AWS beside the daily work: planned first, within a budget, paused and resumed')
    .addArgument(new Argument('<action>', 'what to do; start follows a plan').choices(actions))
    .requiredOption('--bucket <name>', 'the study bucket')
    .requiredOption('--tenant <id>', 'whose archive', parseTenant)
    .requiredOption('--name <name>', 'of this archive', parseName)
    .option('--prefix <url>', 'plan: s3://bucket/prefix, all below it', parseSource('prefix'))
    .option(
      '--manifest <url>',
      'plan: a CSV in S3 with bucket,key on each line, keys URL-encoded',
      parseSource('manifest'),
    )
    .option('--inventory <url>', 'plan: manifest.json of an S3 inventory in CSV', parseSource('inventory'))
    .option('--at-a-time <n>', 'plan: backfill.atATime of the deployed config', parsePositive, 32)
    .addOption(
      new Option('--profile <name>', 'plan: of the deployed config').choices(Object.keys(fleets)).default('gpu'),
    )
    .addOption(new Option('--endpoints <form>', 'plan: of it').choices(['economy', 'private']).default('economy'))
    .option('--max-images <n>', 'start, resume: the budget; end after so many images', parsePositive)
    .option('--out <file>', 'report: a line of JSON for each object that has no finding, and why')
    .option('--json', 'print plan or report as JSON', false)
    .addHelpText(
      'after',
      wrapNotes(
        'The stack must have a backfill (docs/backfill.md) that may read the archive. A plan lists it once; what comes to it later is no part of it. Images count against the quota and the budget of the tenant, as any upload does.\nExit code: 0 done, and by report: every image has a finding; 2 some have none; 3 the archive is not through; 4 there was no object; 1 the program failed.',
      ),
    )
    .action((action: (typeof actions)[number], options: Options) =>
      explainCloudFailures(async () => {
        const store = await openStudyStore({ bucket: options.bucket })
        if (action === 'plan') await plan(store, options)
        else if (action === 'report') await report(store, await planOf(store, options), options)
        else await order(store, await planOf(store, options), options, action)
      }),
    )
}

async function plan(store: ObjectStore, options: Options): Promise<void> {
  const { tenant, name, json } = options
  const { source, client, listArchive } = await openSource(options)
  const url = `s3://${source.bucket}/${source.key}`
  const standing = await readCloudPlan(store, tenant, name)
  if (standing && standing.source !== url) {
    throw new ConfigurationError(`'${name}' is a backfill of ${standing.source}. Give this one another --name.`)
  }
  const progress = createProgress(0, 'objects')
  const about = { tenant, name, source: url, plannedAt: new Date().toISOString() }
  let shown = 0
  const planned =
    standing ??
    (await planCloudBackfill(store, about, listArchive(client, source), (entries) => {
      progress.step(entries - shown)
      shown = entries
    }).finally(() => progress.stop()))
  if (planned.entries === 0) throw new NothingToAnalyseError([url], 0)
  const estimate = estimateBackfill(
    { ...options, images: planned.entries, sizeBytes: planned.sizeBytes },
    defaultPrices,
  )
  if (json) console.log(JSON.stringify({ ...planned, estimate }))
  else console.log(formatPlan(planned, estimate))
}

async function openSource({ prefix, manifest, inventory }: Options) {
  const given = [prefix, manifest, inventory].filter((source) => source !== undefined)
  if (given.length !== 1) throw new ConfigurationError('Give one of --prefix, --manifest and --inventory.')
  const { S3Client } = await import('@aws-sdk/client-s3')
  const { listArchive } = await import('../operations/backfill/list-archive.ts')
  return { source: given[0], client: new S3Client({ ...clientSettings }), listArchive }
}

async function planOf(store: ObjectStore, { tenant, name }: Options): Promise<CloudPlan> {
  const plan = await readCloudPlan(store, tenant, name)
  if (plan) return plan
  throw new ConfigurationError(`There is no plan '${name}' of '${tenant}'. Make one with: pleura cloud-backfill plan`)
}

async function order(
  store: ObjectStore,
  { tenant, name, entries }: CloudPlan,
  { maxImages }: Options,
  action: 'start' | 'pause' | 'resume',
): Promise<void> {
  // A pause keeps the budget.
  const before = await readOrder(store, tenant, name)
  const order: BackfillOrder = {
    schemaVersion: 1,
    tenant,
    name,
    paused: action === 'pause',
    maximumImages: maxImages ?? before?.maximumImages ?? null,
  }
  await store.put(backfillKeys.open(tenant, name), encodeDocument(order))
  const upTo = order.maximumImages === null ? 'all' : `at most ${order.maximumImages}`
  console.log(
    action === 'pause'
      ? 'Paused: what is on its way is finished.'
      : `Goes on within a minute: ${upTo} of ${entries} objects.`,
  )
}

async function report(store: ObjectStore, plan: CloudPlan, { out, json }: Options): Promise<void> {
  const file = out === undefined ? null : createWriteStream(out)
  const tell = async (unanalysed: Unanalysed) => {
    if (file && !file.write(`${JSON.stringify(unanalysed)}\n`)) await once(file, 'drain')
  }
  const told = await reportCloudBackfill(store, plan, tell)
  if (file) {
    file.end()
    await finished(file)
  }
  console.log(json ? JSON.stringify(told) : formatReport(told))
  const isThrough = told.state === 'fed' && told.withoutResult === 0
  if (!isThrough) process.exitCode = exitCodes.attention
  else process.exitCode = Object.keys(told.notAnalysed).length > 0 ? exitCodes.someNotAnalysed : exitCodes.done
}

function formatPlan(
  { entries, sizeBytes, source }: CloudPlan,
  { days, imagesPerDay, fleet, copiesUsd, totalUsd }: ReturnType<typeof estimateBackfill>,
): string {
  const rows = [
    ['source', source],
    ['objects', String(entries)],
    ['bytes, where they are told', String(sizeBytes)],
    ['at the pace of its lane', `${days} days, ${Math.round(imagesPerDay)} a day`],
    ['fleet, requests, results', `$${fleet.totalUsd.toFixed(2)}`],
    ['copies, for 30 days', `$${copiesUsd.toFixed(2)}`],
    ['together', `$${totalUsd.toFixed(2)}`],
  ]
  return formatTable(['plan', ''], rows)
}

const states: Readonly<Record<CloudBackfillReport['state'], string>> = {
  'not-started': 'Not started.',
  running: 'Under way.',
  paused: 'Paused.',
  budget: 'The budget is used up. With a larger --max-images it goes on.',
  fed: 'All of it was fed.',
}

function formatReport(report: CloudBackfillReport): string {
  const rows = [
    ['fed', `${report.fed} of ${report.entries}`],
    ['suspected', String(report.suspected)],
    ['not suspected', String(report.notSuspected)],
    ...Object.entries(report.notAnalysed).map(([reason, count]) => [`not analysed: ${reason}`, String(count)]),
    ['on their way, or failed', String(report.withoutResult)],
  ]
  return [formatTable(['backfill', ''], rows), states[report.state]].join('\n')
}

function parseName(value: string): string {
  const parsed = backfillName.safeParse(value)
  if (!parsed.success) throw new InvalidArgumentError(`A name ${parsed.error.issues[0].message}.`)
  return parsed.data
}

const parseSource =
  (kind: ArchiveSource['kind']) =>
  (value: string): ArchiveSource => {
    const [, bucket, key] = value.match(/^s3:\/\/([a-z0-9][a-z0-9.-]+)\/(.*)$/) ?? []
    if (bucket === undefined || (kind !== 'prefix' && key === '')) {
      throw new InvalidArgumentError('expected s3://bucket/key')
    }
    return { kind, bucket, key }
  }
