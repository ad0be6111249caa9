import { Stack } from 'aws-cdk-lib'
import { AccountPrincipal, Effect, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { acknowledgeOwnPolicy, acknowledgePrefixes } from '../acknowledge.ts'

export interface TenantAccessProps {
  readonly tenant: string
  readonly trustedAccount: string
  readonly externalId: string
  readonly bucket: Bucket
  readonly key: IKey
}

/** What one tenant may do: put below its own uploads, read and list its own results. Nothing else. */
export class TenantAccess extends Construct {
  readonly role: Role

  constructor(scope: Construct, id: string, { tenant, trustedAccount, externalId, bucket, key }: TenantAccessProps) {
    super(scope, id)
    this.role = new Role(this, 'Role', {
      roleName: `${Stack.of(this).stackName}-tenant-${tenant}`,
      description: `Tenant ${tenant}: puts uploads, reads results`,
      assumedBy: new AccountPrincipal(trustedAccount),
      externalIds: [externalId],
    })
    acknowledgeOwnPolicy(this.role)
    acknowledgePrefixes(this.role, bucket, [`uploads/${tenant}/*`, `results/${tenant}/*`])
    this.role.addToPolicy(
      new PolicyStatement({
        sid: 'PutOwnUploads',
        actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
        resources: [bucket.arnForObjects(`uploads/${tenant}/*`)],
      }),
    )
    this.role.addToPolicy(
      new PolicyStatement({
        sid: 'ReadOwnResults',
        actions: ['s3:GetObject'],
        resources: [bucket.arnForObjects(`results/${tenant}/*`)],
      }),
    )
    this.role.addToPolicy(
      new PolicyStatement({
        sid: 'ListOwnResults',
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': [`results/${tenant}/*`] } },
      }),
    )
    this.role.addToPolicy(
      new PolicyStatement({
        sid: 'KeyThroughTheBucketOnly',
        effect: Effect.ALLOW,
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `s3.${Stack.of(this).region}.amazonaws.com` } },
      }),
    )
  }
}
