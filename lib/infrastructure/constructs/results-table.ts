import { Duration, Stack } from 'aws-cdk-lib'
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena'
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue'
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Bucket, type CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { tableColumns } from '../../table/columns.ts'
import { tableKeys } from '../../table/table-keys.ts'
import { acknowledge } from '../acknowledge.ts'
import { privateBucket } from './private-bucket.ts'

export interface ResultsTableProps {
  /** Part of the names of database and workgroup. */
  readonly name: string
  /** Days after which a tenant's rows are deleted, by tenant: as many as its results stand. */
  readonly rowDays: Readonly<Record<string, number>>
  /** Of rows of any other tenant: the longest of all. */
  readonly longestDays: number
  readonly accessLog: IBucket
}

/** What a query may read at most, so that a careless one costs cents. Unit: bytes. */
const scanLimit = 100 * 2 ** 30

/**
 * Where the rows of all results lie, and what Athena asks them by: no patient data, and so a bucket and a key of their own,
 * which people may be let to who may see no study.
 */
export class ResultsTable extends Construct {
  readonly bucket: Bucket
  readonly key: Key
  readonly workGroup: CfnWorkGroup
  /** Lets whom it is attached to ask the table, and nothing else. */
  readonly readers: ManagedPolicy

  constructor(scope: Construct, id: string, { name, rowDays, longestDays, accessLog }: ResultsTableProps) {
    super(scope, id)
    this.key = new Key(this, 'Key', { description: 'The results table of Pleura', enableKeyRotation: true })
    this.bucket = new Bucket(this, 'Bucket', {
      ...privateBucket,
      encryptionKey: this.key,
      serverAccessLogsBucket: accessLog,
      serverAccessLogsPrefix: 'table/',
      lifecycleRules: [
        // A file is replaced every few minutes of its hour.
        { id: 'replaced', noncurrentVersionExpiration: Duration.days(1), expiredObjectDeleteMarker: true },
        { id: 'answers', prefix: tableKeys.answers, expiration: Duration.days(1) },
        // Where rules overlap, S3 applies the shorter one.
        { id: 'rows', prefix: tableKeys.rows, expiration: Duration.days(longestDays) },
        ...Object.entries(rowDays).map(([tenant, days]) => ({
          id: `rows-${tenant}`,
          prefix: tableKeys.rowsOfTenant(tenant),
          expiration: Duration.days(days),
        })),
      ],
    })
    acknowledge(this.bucket, {
      'HIPAA.Security-S3BucketReplicationEnabled': 'The table is derived: it can be made again from the results.',
    })
    const { account, region } = Stack.of(this)
    const database = new CfnDatabase(this, 'Database', {
      catalogId: account,
      databaseInput: {
        name: `pleura_${name.replaceAll('-', '_')}`,
        description: 'Results of Pleura, without patients',
      },
    })
    const table = new CfnTable(this, 'Results', {
      catalogId: account,
      databaseName: database.ref,
      tableInput: {
        name: 'results',
        description: 'A row for each result. Columns: docs/schemas/result-row.schema.json',
        tableType: 'EXTERNAL_TABLE',
        parameters: {
          classification: 'parquet',
          EXTERNAL: 'TRUE',
          ...projection(Object.keys(rowDays), longestDays, this.bucket),
        },
        // Both as text, which is what the queries compare.
        partitionKeys: [
          { name: 'tenant', type: 'string' },
          { name: 'day', type: 'string' },
        ],
        storageDescriptor: {
          location: this.bucket.s3UrlForObject(tableKeys.rows),
          columns: Object.entries(tableColumns).map(([column, type]) => ({ name: column, type })),
          inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
        },
      },
    })
    this.workGroup = new CfnWorkGroup(this, 'WorkGroup', {
      name: `pleura-${name}`,
      description: 'Queries of the results table',
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: scanLimit,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: this.bucket.s3UrlForObject(tableKeys.answers),
          encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: this.key.keyArn },
        },
      },
    })
    const arnOf = (service: string, resource: string, resourceName?: string) =>
      Stack.of(this).formatArn({ service, resource, ...(resourceName === undefined ? {} : { resourceName }) })
    const objects = (...prefixes: string[]) => prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`))
    this.readers = new ManagedPolicy(this, 'Readers', {
      managedPolicyName: `pleura-${name}-table-readers-${region}`,
      description: 'Asks the results table of Pleura by Athena; sees no study',
      statements: [
        new PolicyStatement({
          actions: ['StartQueryExecution', 'StopQueryExecution', 'GetQueryExecution', 'GetQueryResults'].map(
            (action) => `athena:${action}`,
          ),
          resources: [arnOf('athena', 'workgroup', `pleura-${name}`)],
        }),
        new PolicyStatement({
          actions: ['GetDatabase', 'GetTable', 'GetTables', 'GetPartitions'].map((action) => `glue:${action}`),
          resources: [
            arnOf('glue', 'catalog'),
            arnOf('glue', 'database', database.ref),
            arnOf('glue', 'table', `${database.ref}/results`),
          ],
        }),
        new PolicyStatement({
          actions: ['s3:GetBucketLocation', 's3:ListBucket'],
          resources: [this.bucket.bucketArn],
        }),
        new PolicyStatement({ actions: ['s3:GetObject'], resources: objects(tableKeys.rows, tableKeys.answers) }),
        new PolicyStatement({
          actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
          resources: objects(tableKeys.answers),
        }),
        new PolicyStatement({
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: [this.key.keyArn],
          conditions: { StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` } },
        }),
      ],
    })
    table.addDependency(database)
    const logicalId = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket)
    const whole = 'The table is asked as a whole, and holds nothing of a study; answers have names of Athena.'
    acknowledge(this.readers, {
      [`AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/${tableKeys.rows}*]`]: whole,
      [`AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/${tableKeys.answers}*]`]: whole,
    })
  }
}

/**
 * Partitions by calculation instead of a list of them: nothing has to be told to Glue when a day begins.
 * @see Amazon Athena User Guide, "Partition projection"
 */
function projection(tenants: readonly string[], longestDays: number, bucket: IBucket): Record<string, string> {
  return {
    'projection.enabled': 'true',
    'projection.tenant.type': 'enum',
    'projection.tenant.values': tenants.join(','),
    'projection.day.type': 'date',
    'projection.day.format': 'yyyy-MM-dd',
    // A row is deleted so many days after its file was last written.
    'projection.day.range': `NOW-${longestDays + 1}DAYS,NOW`,
    'projection.day.interval': '1',
    'projection.day.interval.unit': 'DAYS',
    'storage.location.template': bucket.s3UrlForObject(`${tableKeys.rows}tenant=\${tenant}/day=\${day}/`),
  }
}
