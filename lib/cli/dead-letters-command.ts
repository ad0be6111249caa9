import { Argument, type Command } from 'commander'
import { explainCloudFailures, requireRegion } from '../operations/cloud-failure.ts'
import { type DeadLetter, type DeadMessage, describeDeadLetter } from '../operations/dead-letter.ts'
import type { DeadLetterQueue } from '../operations/dead-letter-queue.ts'
import { clientSettings, openStudyStore } from '../operations/open-study-store.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import { exitCodes } from './failed-program.ts'
import { parseTenant } from './parse-tenant.ts'
import { parseUrl } from './parse-url.ts'
import { parsePositive } from './screening-options.ts'
import { formatTable } from './terminal.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options {
  queueUrl: string
  bucket: string
  to?: string
  tenant?: string
  imageId?: string
  limit: number
  json: boolean
}

interface Report {
  readonly action: 'list' | 'redrive'
  /** Where messages were sent back to; null when listing. */
  readonly to: string | null
  readonly redriven: readonly DeadLetter[]
  /** Still dead letters after this. */
  readonly left: readonly DeadLetter[]
}

export function addDeadLettersCommand(program: Command): void {
  program
    .command('dead-letters')
    .description('list what the system failed with, and why; send it back to its queue once the cause is gone')
    .addArgument(
      new Argument('<action>', 'redrive sends back what a program of ours wrote').choices(['list', 'redrive']),
    )
    .requiredOption(
      '--queue-url <url>',
      'the dead-letter queue, of jobs, of uploads or of deliveries to a target',
      parseUrl,
    )
    .requiredOption('--bucket <name>', 'the study bucket, whose failures/ say why')
    .option('--to <url>', 'redrive: the queue to send to; by default the one whose dead letters these are', parseUrl)
    .option('--tenant <id>', 'only of this tenant', parseTenant)
    .option('--image-id <id>', 'only of this image')
    .option('--limit <n>', 'at most so many messages', parsePositive, 1000)
    .option('--json', 'print the report as JSON', false)
    .addHelpText(
      'after',
      wrapNotes(
        'A message is removed only after it was sent: it may come twice, which changes no result. What is sent back to a target is not screened again. Messages that are looked at are hidden from others meanwhile; should this program be killed, they are back after ten minutes.\nExit code: 0 no dead letter is left among those looked at; 3 some are; 1 the program failed.',
      ),
    )
    .action(async (action: Report['action'], options: Options) => {
      const report = await explainCloudFailures(() => work(action, options))
      console.log(options.json ? JSON.stringify(report) : format(report))
      process.exitCode = report.left.length > 0 ? exitCodes.attention : exitCodes.done
    })
}

async function work(action: Report['action'], options: Options): Promise<Report> {
  const { SQSClient } = await import('@aws-sdk/client-sqs')
  const { DeadLetterQueue } = await import('../operations/dead-letter-queue.ts')
  const sqs = new SQSClient({ ...clientSettings })
  try {
    await requireRegion(sqs)
    const queue = new DeadLetterQueue(sqs, options.queueUrl)
    const to = action === 'redrive' ? await targetOf(queue, options) : null
    return { action, to, ...(await walk(queue, to, options)) }
  } finally {
    sqs.destroy()
  }
}

async function walk(
  queue: DeadLetterQueue,
  to: string | null,
  options: Options,
): Promise<{ redriven: DeadLetter[]; left: DeadLetter[] }> {
  const store = await openStudyStore({ bucket: options.bucket })
  const redriven: DeadLetter[] = []
  const left: DeadLetter[] = []
  const sent = new Set<string>()
  const held: DeadMessage[] = []
  try {
    for await (const message of queue.take(options.limit)) {
      // First of all, so that `finally` gives the message back if a later line throws. If it was moved by then, that does no harm.
      held.push(message)
      const letter = await describeDeadLetter(message, store)
      if (!isAskedFor(letter, options)) continue
      // A message that has come back as a dead letter while others are still being sent is not sent a second time.
      const returned = sent.has(message.body)
      if (to === null || letter.kind === 'unreadable' || returned) {
        left.push(letter)
        continue
      }
      await queue.move(message, to, letter.tenant)
      held.pop()
      sent.add(message.body)
      redriven.push(letter)
    }
  } finally {
    // Giving back fails for a message whose visibility timeout has ended: it is back already.
    await Promise.allSettled(held.map((message) => queue.giveBack(message)))
  }
  return { redriven, left }
}

const isAskedFor = ({ tenant, imageId }: DeadLetter, options: Options): boolean =>
  (options.tenant === undefined || tenant === options.tenant) &&
  (options.imageId === undefined || imageId === options.imageId)

/**
 * The queue that these dead letters came from. Sent to any other, a job would be read as an upload, or change its lane.
 * @throws {ConfigurationError} when there is none, when `--to` is another, or when there are several and no `--to`
 */
async function targetOf(queue: DeadLetterQueue, { queueUrl, to }: Options): Promise<string> {
  const sources = await queue.sources()
  const listed = sources.length === 0 ? 'none' : sources.join(', ')
  if (to !== undefined) {
    if (sources.includes(to)) return to
    throw new ConfigurationError(
      `'${to}' does not set its dead letters aside in '${queueUrl}'. Those that do: ${listed}.`,
    )
  }
  if (sources.length === 1) return sources[0]
  throw new ConfigurationError(
    `One queue must set its dead letters aside in '${queueUrl}'; found: ${listed}. Give the dead-letter queue's URL, and --to where there are several.`,
  )
}

function format({ action, to, redriven, left }: Report): string {
  const rows = (letters: readonly DeadLetter[]) =>
    letters.map(({ kind, tenant, imageId, uploadIds, lane, sentAt, reason, messageId }) => [
      kind,
      tenant ?? '–',
      imageId ?? (uploadIds.join(' ') || messageId),
      lane ?? '–',
      sentAt ?? '–',
      reason,
    ])
  const headings = ['kind', 'tenant', 'image, upload or message', 'lane', 'sent at', 'reason']
  const table = (letters: readonly DeadLetter[]) => (letters.length > 0 ? [formatTable(headings, rows(letters))] : [])
  if (action === 'list') return [...table(left), `${left.length} dead letters.`].join('\n')
  return [...table(redriven), `${redriven.length} sent back to ${to}; ${left.length} left.`, ...table(left)].join('\n')
}
