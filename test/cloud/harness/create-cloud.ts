import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { eventSource } from '../../../lib/adapters/aws/event-bridge-event-sink.ts'
import { maximumDeliveries, maximumUploadDeliveries } from '../../../lib/screening/screening-job/delivery-limits.ts'
import { type Tenant, tenant } from '../../../lib/screening/screening-job/tenant.ts'
import { environmentOf } from './start-stand-in.ts'

export interface Queue {
  readonly url: string
  readonly deadLetterUrl: string
}

/** A deployed study bucket with its queues, bus and tenants, in the stand-in. Nothing of it is mocked. */
export interface Cloud {
  readonly bucket: string
  readonly busName: string
  readonly tenantsPath: string
  readonly uploads: Queue
  readonly statUploads: Queue
  readonly routineUploads: Queue
  readonly stat: Queue
  readonly routine: Queue
  /** Every event on the bus arrives here. */
  readonly eventsUrl: string
  readonly clients: {
    readonly s3: S3Client
    readonly sqs: SQSClient
    readonly ssm: SSMClient
    readonly events: EventBridgeClient
  }
  /** For child processes. */
  readonly environment: Record<string, string>
}

export interface CloudOptions {
  readonly tenants?: readonly (Partial<Tenant> & { id: string })[]
  /** Unit: seconds. */
  readonly visibility?: number
  /** Of a job. @default as the stack deploys it */
  readonly maximumReceives?: number
  /** Where S3 requests go instead: a proxy that injects faults. */
  readonly s3Endpoint?: string
}

let clouds = 0

export async function createCloud(endpoint: string, options: CloudOptions = {}): Promise<Cloud> {
  const {
    tenants = [{ id: 'north' }],
    visibility = 30,
    maximumReceives = maximumDeliveries,
    s3Endpoint = endpoint,
  } = options
  const name = `cloud-${process.pid}-${clouds++}`
  const {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  } = environmentOf(endpoint)
  const settings = { region, credentials: { accessKeyId, secretAccessKey } }
  const direct = new S3Client({ ...settings, endpoint })
  const clients = {
    s3: new S3Client({ ...settings, endpoint: s3Endpoint }),
    sqs: new SQSClient({ ...settings, endpoint }),
    ssm: new SSMClient({ ...settings, endpoint }),
    events: new EventBridgeClient({ ...settings, endpoint }),
  }
  const createQueue = async (queue: string, attributes: Record<string, string> = {}): Promise<string> => {
    const command = new CreateQueueCommand({ QueueName: `${name}-${queue}`, Attributes: attributes })
    return (await clients.sqs.send(command)).QueueUrl as string
  }
  const createQueuePair = async (queue: string, maxReceiveCount: number, shared?: Queue): Promise<Queue> => {
    const deadLetterUrl = shared?.deadLetterUrl ?? (await createQueue(`${queue}-dead`))
    const redrive = { deadLetterTargetArn: await arnOf(clients.sqs, deadLetterUrl), maxReceiveCount }
    const url = await createQueue(queue, {
      VisibilityTimeout: String(visibility),
      RedrivePolicy: JSON.stringify(redrive),
    })
    return { url, deadLetterUrl }
  }

  await direct.send(
    new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }),
  )
  await direct.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status: 'Enabled' } }))
  const uploads = await createQueuePair('uploads', maximumUploadDeliveries)
  const statUploads = await createQueuePair('stat-uploads', maximumUploadDeliveries, uploads)
  const routineUploads = await createQueuePair('routine-uploads', maximumUploadDeliveries, uploads)
  await direct.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: name,
      NotificationConfiguration: {
        QueueConfigurations: [
          {
            QueueArn: await arnOf(clients.sqs, uploads.url),
            Events: ['s3:ObjectCreated:*'],
            Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'uploads/' }] } },
          },
        ],
      },
    }),
  )
  const stat = await createQueuePair('stat', maximumReceives)
  const routine = await createQueuePair('routine', maximumReceives)
  const eventsUrl = await createQueue('events')
  await clients.events.send(new CreateEventBusCommand({ Name: name }))
  const rule = { Name: `${name}-all`, EventBusName: name }
  await clients.events.send(new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: [eventSource] }) }))
  await clients.events.send(
    new PutTargetsCommand({
      Rule: rule.Name,
      EventBusName: name,
      Targets: [{ Id: 'events', Arn: await arnOf(clients.sqs, eventsUrl) }],
    }),
  )
  const tenantsPath = `/${name}/tenants`
  for (const settings of tenants) {
    await clients.ssm.send(
      new PutParameterCommand({
        Name: `${tenantsPath}/${settings.id}`,
        Type: 'String',
        Value: JSON.stringify(tenant.parse(settings)),
      }),
    )
  }
  return {
    bucket: name,
    busName: name,
    tenantsPath,
    uploads,
    statUploads,
    routineUploads,
    stat,
    routine,
    eventsUrl,
    clients,
    environment: { ...environmentOf(endpoint), AWS_ENDPOINT_URL_S3: s3Endpoint },
  }
}

async function arnOf(sqs: SQSClient, url: string): Promise<string> {
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] })
  return (await sqs.send(command)).Attributes?.QueueArn as string
}

/** Takes every visible message off a queue. */
export async function drain(sqs: SQSClient, url: string): Promise<string[]> {
  const bodies: string[] = []
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 60 }),
    )
    if (Messages.length === 0) return bodies
    bodies.push(...Messages.map(({ Body }) => Body ?? ''))
    await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: url,
        Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    )
  }
}
