import { CfnOutput, Duration } from 'aws-cdk-lib'
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch'
import { Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { TableEnvironment } from '../../../functions/table/environment.ts'
import { tableKeys } from '../../table/table-keys.ts'
import { acknowledgePrefixes } from '../acknowledge.ts'
import { Program } from '../constructs/program.ts'
import { ResultsTable } from '../constructs/results-table.ts'
import { tableAlarms } from '../constructs/table-alarms.ts'
import { WatchedQueue } from '../constructs/watched-queue.ts'
import { insideOf, keyActions, mayList, objectsOf, type Surroundings } from './surroundings.ts'

/** Of all that is told of results. A test holds it to what the programs write. */
const source = 'pleura'
const timeout = Duration.minutes(5)
/** How long results gather before they are written, the longest that there is: a file is written anew for each batch. */
const window = Duration.minutes(5)
/** About 2 MB of events; a batch may have 6. */
const batchSize = 1000
/** Some seven hours of a service that fails, before events are dead letters. */
const maximumReceives = 20

/** The results table: where it lies, and the function that writes it from the events of all tenants. */
export function addTable(
  stack: Construct,
  surroundings: Surroundings,
  accessLog: IBucket,
  watch: (alarm: Alarm) => void,
): void {
  const { config, assets, bucket, studyKey, key, bus } = surroundings
  const scope = new Construct(stack, 'Table')
  const table = new ResultsTable(scope, 'Rows', {
    name: config.name,
    rowDays: Object.fromEntries(config.tenants.map(({ settings }) => [settings.id, settings.retentionDays])),
    longestDays: config.retentionDays.results,
    accessLog,
  })
  const waiting = new WatchedQueue(scope, 'Waiting', {
    key,
    // Messages are hidden while they gather, then while the function runs, which Lambda may try again by itself.
    visibility: Duration.seconds(window.toSeconds() + 3 * timeout.toSeconds()),
    maximumReceives,
  })
  const program = new Program(scope, 'Program', {
    asset: assets.table,
    timeout,
    // An hour's file of 200,000 rows is held and written anew within 0.9 GB.
    memorySize: 1769,
    key,
    logDays: config.retentionDays.logs,
    ...insideOf(surroundings),
    environment: {
      STUDY_BUCKET: bucket.bucketName,
      TABLE_BUCKET: table.bucket.bucketName,
    } satisfies TableEnvironment,
  })
  program.lambda.addEventSource(
    new SqsEventSource(waiting.queue, {
      batchSize,
      maxBatchingWindow: window,
      // The fewest there may be: two that write one file cost one of them a second try.
      maxConcurrency: 2,
      reportBatchItemFailures: true,
    }),
  )
  new Rule(scope, 'Told', {
    eventBus: bus,
    description: 'Results for the results table',
    eventPattern: { source: [source] },
    targets: [new SqsQueue(waiting.queue, { deadLetterQueue: waiting.deadLetters })],
  })
  const read = ['results/*', 'usage/*/receipts/*']
  program.allow(['s3:GetObject'], objectsOf(surroundings, ...read))
  program.lambda.addToRolePolicy(mayList(surroundings, ['results/*', 'usage/*']))
  const ofTable = { ...surroundings, bucket: table.bucket }
  program.allow(['s3:GetObject', 's3:PutObject'], objectsOf(ofTable, `${tableKeys.rows}*`))
  program.lambda.addToRolePolicy(mayList(ofTable, [`${tableKeys.rows}*`]))
  program.allow(keyActions, [studyKey.keyArn, table.key.keyArn, key.keyArn])
  acknowledgePrefixes(program.role, bucket, read)
  acknowledgePrefixes(program.role, table.bucket, [`${tableKeys.rows}*`])
  for (const alarm of tableAlarms(scope, waiting, program)) watch(alarm)
  const outputs = {
    TableBucket: table.bucket.bucketName,
    TableWorkGroup: table.workGroup.name,
    TableReaders: table.readers.managedPolicyArn,
    TableDeadLetters: waiting.deadLetters.queueUrl,
  }
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, `${name}Output`, { key: name, value })
}
