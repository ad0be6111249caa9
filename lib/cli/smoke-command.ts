import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { createCodecs } from '../adapters/codecs/create-codecs.ts'
import { systemClock } from '../adapters/embedded/system-clock.ts'
import { explainCloudFailures, requireRegion } from '../operations/cloud-failure.ts'
import { clientSettings } from '../operations/open-study-store.ts'
import { drawSmokePhantom, runSmokeTest, type SmokeReport } from '../operations/smoke-test.ts'
import { type Lane, lanes } from '../screening/screening-job/tenant.ts'
import { exitCodes } from './failed-program.ts'
import { parseTenant } from './parse-tenant.ts'
import { parseUrl } from './parse-url.ts'
import { formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  bucket: string
  tenant: string
  lane: Lane
  mask: boolean
  seed?: number
  queueUrl: string[]
  timeoutMinutes: number
  json: boolean
}

export function addSmokeCommand(program: Command): void {
  program
    .command('smoke')
    .description('after deploying: upload a phantom, wait for its result and hold everything against the contracts')
    .requiredOption('--bucket <name>', 'the study bucket')
    .requiredOption('--tenant <id>', 'as whom; a tenant of its own keeps phantoms out of the worklists', parseTenant)
    .addOption(new Option('--lane <name>', 'the lane to try').choices(lanes).default('routine'))
    .option('--no-mask', "the tenant's masks are not delivered")
    .option('--seed <n>', 'draw this phantom again, whose earlier result then counts; a new one by default', parseSeed)
    .option('--queue-url <url>', 'a queue whose depth is told when the time runs out; may be repeated', collect, [])
    .option('--timeout-minutes <n>', 'how long to wait; a cold GPU takes minutes', parseMinutes, 20)
    .option('--json', 'print the report as JSON', false)
    .addHelpText(
      'after',
      wrapNotes(
        'The phantom is billed and its event goes out like any other.\nExit code: 0 every check passed; 3 one did not, or the time ran out; 1 the program failed.',
      ),
    )
    .action(async (options: Options) => {
      const report = await explainCloudFailures(() => smoke(options))
      const failed = report.checks.some(({ passed }) => !passed)
      const depths = failed ? await explainCloudFailures(() => queueDepths(options.queueUrl)) : []
      console.log(options.json ? JSON.stringify({ ...report, queueDepths: depths }) : format(report, depths))
      process.exitCode = failed ? exitCodes.attention : exitCodes.done
    })
}

async function smoke({ bucket, tenant, lane, mask, seed, timeoutMinutes }: Options): Promise<SmokeReport> {
  const { PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3')
  const { S3ObjectStore } = await import('../adapters/aws/s3-object-store.ts')
  const s3 = new S3Client({ ...clientSettings })
  await requireRegion(s3)
  const codecs = createCodecs()
  const progress = createStageProgress()
  progress.enter('drawing')
  try {
    return await runSmokeTest(
      {
        tenant,
        lane,
        phantom: await drawSmokePhantom(seed ?? Date.now()),
        expectMask: mask,
        timeoutMs: timeoutMinutes * 60_000,
        pollMs: 2000,
      },
      {
        store: new S3ObjectStore(s3, bucket),
        upload: async (Key, Body) => {
          const { VersionId, ETag = '' } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))
          return [...(VersionId === undefined ? [] : [VersionId]), ETag.replaceAll('"', '')]
        },
        codecs,
        clock: systemClock,
        sleep: (ms) => sleep(ms),
        onStage: progress.enter,
      },
    )
  } finally {
    progress.stop()
    await codecs.close()
    s3.destroy()
  }
}

/** What is waited for, and for how long, on standard error when that is a terminal. */
function createStageProgress(): { enter: (stage: string) => void; stop: () => void } {
  if (!process.stderr.isTTY) return { enter() {}, stop() {} }
  let stage = ''
  let since = Date.now()
  const draw = () => process.stderr.write(`\r\x1b[K${stage}, ${Math.round((Date.now() - since) / 1000)} s`)
  const timer = setInterval(draw, 1000)
  return {
    enter: (next) => {
      stage = next
      since = Date.now()
      draw()
    },
    stop: () => {
      clearInterval(timer)
      process.stderr.write('\r\x1b[K')
    },
  }
}

interface QueueDepth {
  readonly queueUrl: string
  /** Approximate number of messages, under way or not. */
  readonly messages: number
}

async function queueDepths(urls: readonly string[]): Promise<QueueDepth[]> {
  if (urls.length === 0) return []
  const { SQSClient } = await import('@aws-sdk/client-sqs')
  const { SqsJobQueue } = await import('../adapters/aws/sqs-job-queue.ts')
  const sqs = new SQSClient({ ...clientSettings })
  return Promise.all(
    urls.map(async (queueUrl) => ({ queueUrl, messages: await new SqsJobQueue(sqs, queueUrl).depth() })),
  )
}

function format(report: SmokeReport, depths: readonly QueueDepth[]): string {
  const { checks, waitedMs, stagesMs, cold, advice } = report
  const seconds = (ms: number | null) => (ms === null ? '–' : (ms / 1000).toFixed(1))
  const start = cold === null ? '' : cold ? ', the first image of its worker' : ', of a worker that was at work'
  return [
    `Image ${report.imageId}, uploaded as ${report.uploadKey}`,
    formatTable(
      ['check', 'verdict', 'found'],
      checks.map(({ check, passed, found }) => [check, passed ? 'ok' : 'FAILED', found]),
    ),
    '',
    formatTable(
      ['waited for', 'seconds'],
      [
        ['upload receipt', seconds(waitedMs.receipt)],
        [`result${start}`, seconds(waitedMs.result)],
        ['usage receipt', seconds(waitedMs.usage)],
      ],
    ),
    ...(Object.keys(stagesMs).length > 0
      ? [
          `Stages: ${Object.entries(stagesMs)
            .map(([stage, ms]) => `${stage} ${Math.round(ms)} ms`)
            .join(', ')}`,
        ]
      : []),
    ...depths.map(({ queueUrl, messages }) => `About ${messages} messages in ${queueUrl}`),
    ...advice,
    checks.every(({ passed }) => passed) ? 'Passed.' : 'Failed.',
  ].join('\n')
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, parseUrl(value)]
}

function parseMinutes(value: string): number {
  const minutes = Number(value)
  if (!(minutes > 0 && minutes <= 24 * 60)) throw new InvalidArgumentError('Give minutes, more than 0.')
  return minutes
}

function parseSeed(value: string): number {
  const seed = Number(value)
  if (!Number.isSafeInteger(seed) || seed < 0) throw new InvalidArgumentError('Give a whole number of 0 or more.')
  return seed
}
