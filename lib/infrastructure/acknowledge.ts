import { Stack, Validations } from 'aws-cdk-lib'
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'

/** Accepts findings of cdk-nag on one construct, each with the reason that a security reviewer reads. */
export function acknowledge(construct: Construct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason })
}

/** A role's policy stands in the role. */
export function acknowledgeOwnPolicy(role: Construct): void {
  acknowledge(role, {
    'HIPAA.Security-IAMNoInlinePolicy':
      'The policy belongs to this one role and ends with it; a managed policy could be attached to others by mistake.',
  })
}

/** A role may touch all objects below some prefixes. */
export function acknowledgePrefixes(role: Construct, bucket: Bucket, patterns: readonly string[]): void {
  const logicalId = Stack.of(bucket).getLogicalId(bucket.node.defaultChild as CfnBucket)
  for (const pattern of patterns) {
    acknowledge(role, {
      [`AwsSolutions-IAM5[Resource::<${logicalId}.Arn>/${pattern}]`]:
        'Objects have no names before they are written: the prefix is the boundary, and a test asserts which role has which.',
    })
  }
}
