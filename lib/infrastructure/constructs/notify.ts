import { Stack } from 'aws-cdk-lib'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Key } from 'aws-cdk-lib/aws-kms'
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3'
import type { Queue } from 'aws-cdk-lib/aws-sqs'

/** A notification: S3 sends a message to the queue for each new object below the prefix. */
export interface Notification {
  readonly queue: Queue
  readonly prefix: string
  readonly suffix?: string
}

/**
 * Notifications as part of the bucket itself. The CDK's own way takes a function with the right to change every
 * bucket's notifications; here the queues trust S3 on behalf of this account instead.
 */
export function notify(bucket: Bucket, key: Key, notifications: readonly Notification[]): void {
  const s3 = new ServicePrincipal('s3.amazonaws.com', {
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(bucket).account } },
  })
  key.addToResourcePolicy(
    new PolicyStatement({ principals: [s3], actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: ['*'] }),
  )
  for (const { queue } of notifications) {
    bucket.node.addDependency(queue.grantSendMessages(s3))
  }
  const resource = bucket.node.defaultChild as CfnBucket
  resource.notificationConfiguration = {
    queueConfigurations: notifications.map(({ queue, prefix, suffix }) => ({
      event: 's3:ObjectCreated:*',
      queue: queue.queueArn,
      filter: {
        s3Key: {
          rules: [
            { name: 'prefix', value: prefix },
            ...(suffix === undefined ? [] : [{ name: 'suffix', value: suffix }]),
          ],
        },
      },
    })),
  }
}
