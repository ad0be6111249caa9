import { Match, type Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, it } from 'vitest'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { actionsOf, resourcesNamed, resourcesOf, type Statement, synthesize, twoTenants } from './synthesize.ts'

const preparation = { tenant: 'north', imageId: 'i', preparation: 'p' }

describe('the bucket of the studies', () => {
  let template: Template
  beforeAll(() => {
    template = synthesize(twoTenants)
  })

  it('keeps studies encrypted with its own rotating key, versioned, private and by TLS only', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } },
        ],
      },
      LoggingConfiguration: Match.objectLike({ LogFilePrefix: 'studies/' }),
    })
    for (const [, key] of resourcesOf(template, 'AWS::KMS::Key')) expect(key.Properties.EnableKeyRotation).toBe(true)
    for (const [, policy] of resourcesOf(template, 'AWS::S3::BucketPolicy')) {
      expect(policy.Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({
          Effect: 'Deny',
          Action: 's3:*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      )
    }
  })

  it('ends every prefix that the programs write to, each tenant by its own days', () => {
    const rules = resourcesOf(template, 'AWS::S3::Bucket').flatMap(
      ([, { Properties }]) => Properties.LifecycleConfiguration?.Rules ?? [],
    )
    const days = new Map(rules.map(({ Prefix, ExpirationInDays }) => [Prefix, ExpirationInDays]))
    expect(days.get('results/north/')).toBe(90)
    expect(days.get('results/south/')).toBe(365)
    // What a tenant left that is no longer in the configuration.
    expect(days.get('results/')).toBe(365)
    const written = [
      'uploads/north/a.dcm',
      studyKeys.preparedImage(preparation),
      studyKeys.preparedStudy(preparation),
      studyKeys.uploadReceipt('north', 'u'),
      studyKeys.resultPrefix('south', 'i', 'k'),
      studyKeys.admission('north', '2026-11', 'i'),
      studyKeys.usageReceipt('north', '2026-11', 'i', 'k'),
      studyKeys.failure('north', 'i'),
    ]
    for (const key of written) {
      const ending = [...days.keys()].filter((prefix) => prefix && key.startsWith(prefix as string))
      expect(ending.filter((prefix) => prefix !== 'results/')).toHaveLength(1)
    }
  })

  it("keeps the senders' keys in the access log no longer than their uploads, and with no marker of a deletion", () => {
    const buckets = resourcesOf(template, 'AWS::S3::Bucket').map(([, { Properties }]) => Properties)
    const [log] = buckets.filter(({ LoggingConfiguration }) => !LoggingConfiguration)
    expect(log.LifecycleConfiguration.Rules).toEqual([
      expect.objectContaining({ ExpirationInDays: 30, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }),
    ])
    const [studies] = buckets.filter(({ LoggingConfiguration }) => LoggingConfiguration)
    expect(studies.LifecycleConfiguration.Rules).toContainEqual(
      expect.objectContaining({ Id: 'leftovers', ExpiredObjectDeleteMarker: true }),
    )
  })

  describe('at the PUT of an object', () => {
    const ours = 'arn:of-the-key-of-the-studies'
    const header = (name: string) => `s3:x-amz-${name}`
    const encryption = header('server-side-encryption')
    const keyId = header('server-side-encryption-aws-kms-key-id')
    const customer = header('server-side-encryption-customer-algorithm')
    const storage = header('storage-class')

    it.each([
      ['a plain file', 'uploads/north/a.dcm', {}, []],
      ['a plain file of our own programs', 'results/north/i/k/result.json', {}, []],
      ['the key of the studies, by name', 'uploads/north/a.dcm', { [encryption]: 'aws:kms', [keyId]: ours }, []],
      ['the storage class that there is anyway', 'uploads/north/a.dcm', { [storage]: 'STANDARD' }, []],
      ["a customer's own key", 'uploads/north/a.dcm', { [customer]: 'AES256' }, ['DenyCustomerKey']],
      ['a key of S3', 'uploads/north/a.dcm', { [encryption]: 'AES256' }, ['DenyOtherEncryption']],
      ["the account's own key", 'uploads/north/a.dcm', { [encryption]: 'aws:kms' }, ['DenyOtherEncryption']],
      [
        'a foreign key',
        'uploads/north/a.dcm',
        { [encryption]: 'aws:kms', [keyId]: 'arn:aws:kms:eu-central-1:444455556666:key/k' },
        ['DenyOtherKey'],
      ],
      ['an archive', 'uploads/north/a.dcm', { [storage]: 'GLACIER' }, ['DenyOtherStorageClass']],
      ['another tier', 'uploads/north/a.dcm', { [storage]: 'INTELLIGENT_TIERING' }, ['DenyOtherStorageClass']],
      ['a folder', 'uploads/north/2026/', {}, ['DenyFolders']],
      ["a tenant's own folder", 'uploads/north/', {}, ['DenyFolders']],
      ['the folder of all', 'uploads/', {}, ['DenyFolders']],
    ])('answers %s as it must', (_, key, request, denials) => {
      const [policy] = resourcesOf(template, 'AWS::S3::BucketPolicy')
        .filter(([name]) => name.startsWith('StudiesBucket'))
        .map(([, { Properties }]) => Properties.PolicyDocument.Statement as Statement[])
      const matching = policy.filter(
        (statement) =>
          statement.Effect === 'Deny' &&
          actionsOf(statement).includes('s3:PutObject') &&
          resourcesNamed(statement).some((pattern) => matches(pattern.replace(/^[^/]*\//, ''), key)) &&
          Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
            Object.entries(keys).every(([name, value]) =>
              holds(operator, (request as Record<string, string>)[name], value),
            ),
          ),
      )
      expect(matching.map(({ Sid }) => Sid)).toEqual(denials)
    })

    const matches = (pattern: string, key: string): boolean =>
      new RegExp(`^${pattern.replace(/[.$]/g, '\\$&').replaceAll('*', '.*')}$`).test(key)
    /** As IAM evaluates: a key that is not in the request is 'not equal' to anything. */
    const holds = (operator: string, asked: string | undefined, value: unknown): boolean => {
      if (operator === 'Null') return (asked === undefined) === (value === 'true')
      if (operator === 'StringNotEquals') return asked !== (typeof value === 'string' ? value : ours)
      throw new Error(`the operator ${operator} is not evaluated here`)
    }
  })

  it('tells of new uploads and of prepared studies, of nothing else', () => {
    const [notified] = resourcesOf(template, 'AWS::S3::Bucket').flatMap(
      ([, { Properties }]) => Properties.NotificationConfiguration ?? [],
    )
    const rules = notified.QueueConfigurations.map(
      ({ Filter }: { Filter: { S3Key: { Rules: unknown } } }) => Filter.S3Key.Rules,
    )
    expect(rules).toEqual([
      [{ Name: 'prefix', Value: 'uploads/' }],
      [
        { Name: 'prefix', Value: 'prepared/' },
        { Name: 'suffix', Value: 'study.json' },
      ],
    ])
    // A suffix that no program writes would never wake anybody.
    expect(studyKeys.preparedStudy(preparation)).toMatch(/^prepared\/.*study\.json$/)
  })
})
