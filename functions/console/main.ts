import { S3Client } from '@aws-sdk/client-s3'
import { SSMClient } from '@aws-sdk/client-ssm'
import { handle } from 'hono/aws-lambda'
import { clientSettings } from '../../lib/adapters/aws/client-settings.ts'
import { createOperationalLog, describeError } from '../../lib/adapters/aws/operational-log.ts'
import { readTenants } from '../../lib/adapters/aws/read-tenants.ts'
import { TenantDirectory } from '../../lib/adapters/aws/tenant-directory.ts'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { parseEnvironment } from '../../lib/screening/kernel/parse-environment.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { AuditTrail } from './audit-trail.ts'
import { createConsole } from './create-console.ts'
import { consoleEnvironment } from './environment.ts'
import { createIssuerKeys } from './issuer-keys.ts'
import { openStudyBucket } from './study-bucket.ts'
import { openTenantConsole } from './tenant-console.ts'
import { TokenVerifier } from './token-verifier.ts'

// The cold start: what is missing or wrong fails here, not at the first reader.
const environment = parseEnvironment(consoleEnvironment, process.env)
const telemetry = createOperationalLog('console')
// A checksum of no body would stand in the address of an upload, and S3 would refuse the bytes.
const s3 = new S3Client({ ...clientSettings, requestChecksumCalculation: 'WHEN_REQUIRED' })
const maximumUploadBytes = Number(environment.MAXIMUM_UPLOAD_BYTES)
const bucket = openStudyBucket(s3, environment.STUDY_BUCKET, maximumUploadBytes)
const ssm = new SSMClient(clientSettings)
const tenants = await TenantDirectory.open(
  () => readTenants(ssm, environment.TENANTS_PARAMETER_PATH),
  systemClock,
  telemetry,
)
const codecs = createCodecs()

export const handler = handle(
  createConsole({
    verifier: new TokenVerifier(createIssuerKeys(environment.OIDC_JWKS_URI), {
      issuer: environment.OIDC_ISSUER,
      audience: environment.OIDC_AUDIENCE,
      algorithms: environment.OIDC_ALGORITHMS,
      claims: {
        tenant: environment.OIDC_TENANT_CLAIM,
        roles: environment.OIDC_ROLES_CLAIM,
        name: environment.OIDC_NAME_CLAIM,
      },
    }),
    tenantOf: (id) => tenants.find(id),
    consoleOf: (tenant) =>
      openTenantConsole(tenant, {
        ...bucket,
        codecs,
        clock: systemClock,
        policy: defaultSuitabilityPolicy,
        maximumUploadBytes,
        // The guard has found it there, a moment ago.
        limitsOf: async (id) => (await tenants.find(id))!,
        worklistMs: Number(environment.WORKLIST_DAYS) * 86_400_000,
        onFailure: (error) => telemetry.log('error', 'console-failed', describeError(error)),
      }),
    audit: new AuditTrail(bucket.store, systemClock),
    telemetry,
  }),
)
