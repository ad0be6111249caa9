import { once } from 'node:events'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { explainCloudFailures } from '../operations/cloud-failure.ts'
import { openStudyStore, type StoreOptions } from '../operations/open-study-store.ts'
import { countAdmissions, sumUsage } from '../operations/sum-usage.ts'
import type { ObjectStore } from '../screening/kernel/ports.ts'
import type { UsageReceipt } from '../screening/usage/usage-receipt.ts'
import type { UsageSummary } from '../screening/usage/usage-summary.ts'
import { exitCodes } from './failed-program.ts'
import { parseTenant } from './parse-tenant.ts'
import { createProgress, formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options extends StoreOptions {
  tenant: string
  month: string
  json: boolean
  csv: boolean
}

export function addUsageCommand(program: Command): void {
  program
    .command('usage')
    .description("sum one tenant's usage receipts of one calendar month (UTC)")
    .requiredOption('--tenant <id>', 'whose', parseTenant)
    .requiredOption('--month <yyyy-mm>', 'which month', parseMonth)
    .option('--bucket <name>', 'the study bucket')
    .option('--store <dir>', 'a folder laid out like the study bucket, instead of --bucket')
    .option('--json', 'print the sums as JSON', false)
    .addOption(
      new Option('--csv', 'print one line for each receipt instead of the sums').default(false).conflicts('json'),
    )
    .addHelpText(
      'after',
      wrapNotes(
        'Exit code: 0 done; 3 some receipts are damaged: they are named and not in the sums; 1 the program failed.',
      ),
    )
    .action(async (options: Options) => {
      const summary = await explainCloudFailures(async () => sumWithProgress(await openStudyStore(options), options))
      if (options.json) console.log(JSON.stringify(summary))
      else if (!options.csv) console.log(format(summary))
      for (const { key, problem } of summary.damaged.named) console.error(`damaged: ${key}: ${problem}`)
      process.exitCode = summary.damaged.count > 0 ? exitCodes.attention : exitCodes.done
    })
}

async function sumWithProgress(store: ObjectStore, { tenant, month, csv }: Options): Promise<UsageSummary> {
  const progress = createProgress(process.stderr.isTTY ? await countAdmissions(store, tenant, month) : 0, 'images')
  if (csv) await print(csvHeader)
  try {
    return await sumUsage(store, tenant, month, async (receipts) => {
      progress.step()
      if (csv) for (const receipt of receipts) await print(csvLine(receipt))
    })
  } finally {
    progress.stop()
  }
}

/** Waits while the reader of standard output is slower than the store. */
async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
}

const csvHeader = 'imageId,outcome,lane,analysedAt,models,screeningKey,cold,machineMs,estimatedCostUsd'

/** Only the models are quoted: no other field can hold a comma or a quote. */
function csvLine(receipt: UsageReceipt): string {
  const models = receipt.models.map(({ id, sha256 }) => `${id}@${sha256}`).join(' ')
  return [
    receipt.imageId,
    receipt.outcome,
    receipt.lane,
    receipt.analysedAt,
    `"${models.replaceAll('"', '""')}"`,
    receipt.screeningKey,
    receipt.cold,
    receipt.timingsMs.machine ?? '',
    receipt.estimatedCostUsd,
  ].join(',')
}

function format(summary: UsageSummary): string {
  const { admissions } = summary
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none'
  const rows = [
    ['images billed', String(summary.images)],
    ['receipts', String(summary.receipts)],
    ['outcomes', counts(summary.byOutcome)],
    ['lanes', counts(summary.byLane)],
    ['first of their worker', `${summary.cold} (${(100 * summary.coldShare).toFixed(1)} %)`],
    ['estimated cost', `${summary.estimatedCostUsd.toFixed(4)} USD`],
    ['admitted', `${admissions.admitted}, of which ${admissions.billed} billed`],
    ['admitted, not billed', counts(admissions.notBilled)],
    ['billed, not admitted in this month', String(admissions.billedWithoutAdmission)],
    ['damaged', String(summary.damaged.count)],
  ]
  const models = summary.byModels.map(({ models, receipts }) => [
    models.map(({ id, sha256 }) => `${id} ${sha256.slice(0, 12)}`).join(', '),
    String(receipts),
  ])
  const stages = Object.entries(summary.stagesMs).map(([stage, { images, mean, p50, p95, p99, maximum }]) => [
    stage,
    String(images),
    ...[mean, p50, p95, p99, maximum].map((ms) => ms.toFixed(ms < 10 ? 1 : 0)),
  ])
  return [
    `Usage of '${summary.tenant}' in ${summary.month}`,
    formatTable(['figure', 'value'], rows),
    ...(models.length > 0 ? ['', formatTable(['bundles', 'receipts'], models)] : []),
    ...(stages.length > 0
      ? ['', formatTable(['stage, ms', 'images', 'mean', 'p50', 'p95', 'p99', 'maximum'], stages)]
      : []),
  ].join('\n')
}

function parseMonth(value: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(value)) throw new InvalidArgumentError('A month is written as 2026-11.')
  return value
}
