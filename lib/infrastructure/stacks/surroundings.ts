import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2'
import type { EventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IKey, Key } from 'aws-cdk-lib/aws-kms'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Assets } from '../assets.ts'
import type { EnvironmentConfig } from '../config.ts'
import type { StudyNetwork } from '../constructs/study-network.ts'
import type { Queues } from './queues.ts'

/** The resources that all programs of one environment share. */
export interface Surroundings {
  readonly config: EnvironmentConfig
  readonly assets: Assets
  readonly bucket: Bucket
  /** Of the studies alone. */
  readonly studyKey: IKey
  /** Of queues, logs and alarms. */
  readonly key: Key
  readonly queues: Queues
  readonly bus: EventBus
  readonly network: StudyNetwork
  /** The tenants' settings lie below it. */
  readonly tenantsPath: string
  readonly tenantsArn: string
}

export const keyActions = ['kms:Decrypt', 'kms:GenerateDataKey']

/**
 * Where a Lambda runs: inside the network where that has no way out.
 * @param groups Beside that of the workers, by which AWS services are reached.
 */
export const insideOf = ({ network }: Surroundings, groups: readonly ISecurityGroup[] = []) =>
  network.isPrivate ? { network: { vpc: network.vpc, securityGroups: [network.workers, ...groups] } } : {}

export const objectsOf = ({ bucket }: Surroundings, ...patterns: string[]): string[] =>
  patterns.map((pattern) => bucket.arnForObjects(pattern))

/**
 * Without the right to list, S3 answers 403 in place of 404 when an object is absent. It asks for that right without
 * a prefix, so the condition holds only where there is one: the programs can see names of objects elsewhere too, but
 * read none.
 */
export const mayList = ({ bucket }: Surroundings, prefixes: string[]): PolicyStatement =>
  new PolicyStatement({
    actions: ['s3:ListBucket'],
    resources: [bucket.bucketArn],
    conditions: { StringLikeIfExists: { 's3:prefix': prefixes } },
  })
