import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  HttpMethods,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { acknowledge } from '../acknowledge.ts'
import { privateBucket } from './private-bucket.ts'

export interface StudyBucketProps {
  readonly retentionDays: Readonly<Record<'uploads' | 'prepared' | 'results' | 'usage' | 'accessLog', number>>
  /** Days after which a tenant's results are deleted, by tenant; those of any other by `retentionDays.results`. */
  readonly resultDays: Readonly<Record<string, number>>
  /** Days after which records of the audit trail are deleted. @default no console reads the bucket */
  readonly consoleAuditDays?: number
}

/** Old versions stay this long, against deletion by mistake. Unit: days. */
const oldVersionDays = 30

/** The bucket of all studies and its key: encrypted, versioned, TLS only, never public, emptied by prefix. */
export class StudyBucket extends Construct {
  readonly bucket: Bucket
  readonly key: Key
  /** Requests to it, and to what else holds anything of results. */
  readonly accessLog: Bucket

  constructor(scope: Construct, id: string, { retentionDays, resultDays, consoleAuditDays }: StudyBucketProps) {
    super(scope, id)
    this.key = new Key(this, 'Key', {
      description: 'Studies of Pleura: radiographs and results',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
    this.accessLog = new Bucket(this, 'AccessLog', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
      // Nothing replaces a log: an old version is one that is being deleted.
      lifecycleRules: [
        { expiration: Duration.days(retentionDays.accessLog), noncurrentVersionExpiration: Duration.days(1) },
      ],
    })
    acknowledge(this.accessLog, {
      'AwsSolutions-S1': 'It is the access log: logging it into itself would never end.',
      'HIPAA.Security-S3BucketLoggingEnabled': 'It is the access log: logging it into itself would never end.',
      'HIPAA.Security-S3BucketReplicationEnabled':
        'Access logs are evidence for a while, not patient records; they are not needed in a second region.',
      'HIPAA.Security-S3DefaultEncryptionKMS':
        'S3 log delivery writes to SSE-S3 buckets without a grant on our key; the log holds no pixels and no results.',
    })
    this.bucket = new Bucket(this, 'Bucket', {
      ...privateBucket,
      encryptionKey: this.key,
      serverAccessLogsBucket: this.accessLog,
      serverAccessLogsPrefix: 'studies/',
      lifecycleRules: [
        expire('uploads/', retentionDays.uploads),
        expire('prepared/', retentionDays.prepared),
        expire('usage/', retentionDays.usage),
        expire('failures/', retentionDays.prepared),
        // Which names an archive had, and what has become of each.
        expire('backfills/', retentionDays.results),
        expire('open-backfills/', retentionDays.results),
        // As long as any result stands: by them an event that comes again is known.
        expire('deliveries/', retentionDays.results),
        // Where rules overlap, S3 applies the shorter one. This one is for what a removed tenant has left.
        expire('results/', retentionDays.results),
        ...Object.entries(resultDays).map(([tenant, days]) => expire(`results/${tenant}/`, days)),
        ...(consoleAuditDays === undefined ? [] : consoleRules(retentionDays, consoleAuditDays)),
        // A marker of a deletion holds the sender's key; it goes with the last version.
        { id: 'leftovers', abortIncompleteMultipartUploadAfter: Duration.days(1), expiredObjectDeleteMarker: true },
      ],
    })
    if (consoleAuditDays !== undefined) {
      this.bucket.addCorsRule({
        allowedMethods: [HttpMethods.GET, HttpMethods.PUT],
        // What lets a request through is its signature, which is no browser's to add; cookies mean nothing here.
        allowedOrigins: ['*'],
        allowedHeaders: ['content-type'],
        maxAge: 3600,
      })
    }
    this.#denyUnreadable()
    acknowledge(this.bucket, {
      'HIPAA.Security-S3BucketReplicationEnabled':
        "The sender's PACS holds the original study and results can be made again from it; a second region would only double where patient data lies. Versions protect against deletion by mistake.",
    })
  }

  /**
   * Refuses, at the PUT, objects that no program could read. A condition on a header that is absent holds for 'is not':
   * `Null` leaves requests without the header alone.
   */
  #denyUnreadable(): void {
    const [algorithm, keyId, customerAlgorithm, storageClass] = [
      'server-side-encryption',
      'server-side-encryption-aws-kms-key-id',
      'server-side-encryption-customer-algorithm',
      'storage-class',
    ].map((header) => `s3:x-amz-${header}`)
    const denied: Record<string, Record<string, Record<string, string>>> = {
      CustomerKey: { Null: { [customerAlgorithm]: 'false' } },
      OtherEncryption: { Null: { [algorithm]: 'false', [keyId]: 'true' } },
      OtherKey: { Null: { [keyId]: 'false' }, StringNotEquals: { [keyId]: this.key.keyArn } },
      OtherStorageClass: { Null: { [storageClass]: 'false' }, StringNotEquals: { [storageClass]: 'STANDARD' } },
    }
    const deny = (sid: string, resources: string[], conditions = {}) =>
      this.bucket.addToResourcePolicy(
        new PolicyStatement({
          sid: `Deny${sid}`,
          effect: Effect.DENY,
          principals: [new AnyPrincipal()],
          actions: ['s3:PutObject'],
          resources,
          conditions,
        }),
      )
    for (const [sid, conditions] of Object.entries(denied)) deny(sid, [this.bucket.arnForObjects('*')], conditions)
    // What consoles call a folder: an object without a file.
    deny('Folders', [this.bucket.arnForObjects('uploads/'), this.bucket.arnForObjects('uploads/*/')])
  }
}

/** Of the console: pictures as a viewer gets them, and who has what open, for a day. */
const consoleRules = ({ uploads, results }: StudyBucketProps['retentionDays'], auditDays: number): LifecycleRule[] => [
  expire('grants/', uploads),
  expire('reviews/', results),
  expire('audit/', auditDays),
  ...['frames/', 'reading/'].map((prefix) => ({
    ...expire(prefix, 1),
    noncurrentVersionExpiration: Duration.days(1),
  })),
]

const expire = (prefix: string, days: number): LifecycleRule => ({
  id: prefix.replaceAll('/', '-').replace(/-$/, ''),
  prefix,
  expiration: Duration.days(days),
  noncurrentVersionExpiration: Duration.days(oldVersionDays),
})
