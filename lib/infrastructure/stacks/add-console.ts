import { Aws, CfnOutput, Duration } from 'aws-cdk-lib'
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import type { ConsoleEnvironment } from '../../../functions/console/environment.ts'
import { acknowledgePrefixes } from '../acknowledge.ts'
import type { ConsoleConfig, ConsoleIssuer } from '../config.ts'
import { consoleAlarms } from '../constructs/console-alarms.ts'
import { ConsoleSite } from '../constructs/console-site.ts'
import { ConsoleUsers } from '../constructs/console-users.ts'
import { Program } from '../constructs/program.ts'
import { insideOf, keyActions, mayList, objectsOf, type Surroundings } from './surroundings.ts'

const roles = ['reader', 'reviewer', 'operator']
/** What the function reads, lists and writes of the study bucket. */
const read = ['results/*', 'failures/*', 'grants/*', 'frames/*', 'reviews/*', 'usage/*']
const listed = ['results/*', 'failures/*', 'grants/*', 'reviews/*', 'reading/*', 'uploads/*', 'frames/*', 'usage/*']
const sentByReaders = 'uploads/*/console/*'
const written = [sentByReaders, 'grants/*', 'frames/*', 'reading/*', 'reviews/*', 'audit/*']

/** The console: its page and API under one address, the function behind them, and where people sign in. */
export function addConsole(
  stack: Construct,
  { worklistDays, oidc }: ConsoleConfig,
  surroundings: Surroundings,
  watch: (alarm: Alarm) => void,
): void {
  const { config, assets, bucket, studyKey, key, tenantsPath, tenantsArn } = surroundings
  const cognitoHost = `pleura-${config.name}-${Aws.ACCOUNT_ID}.auth.${config.region}.amazoncognito.com`
  const site = new ConsoleSite(stack, 'ConsoleSite', {
    key,
    logDays: config.retentionDays.logs,
    studyBucket: bucket,
    tokenHost: oidc ? new URL(oidc.tokenEndpoint).host : cognitoHost,
  })
  const issuer: ConsoleIssuer =
    oidc ??
    new ConsoleUsers(stack, 'ConsoleUsers', { name: config.name, groups: roles, pageAddress: site.address }).issuer
  const console = new Program(stack, 'Console', {
    asset: assets.console,
    timeout: Duration.seconds(29),
    // The largest radiograph, 64 megapixels, decoded and as samples, beside its file.
    memorySize: 3008,
    key,
    logDays: config.retentionDays.logs,
    invokedBy: 'requests',
    ...insideOf(surroundings),
    environment: {
      STUDY_BUCKET: bucket.bucketName,
      TENANTS_PARAMETER_PATH: tenantsPath,
      MAXIMUM_UPLOAD_BYTES: String(config.maximumUploadBytes),
      WORKLIST_DAYS: String(worklistDays),
      OIDC_ISSUER: issuer.issuer,
      OIDC_JWKS_URI: issuer.jwksUri,
      OIDC_AUDIENCE: issuer.audience,
      OIDC_TENANT_CLAIM: issuer.tenantClaim,
      OIDC_ROLES_CLAIM: issuer.rolesClaim,
      OIDC_NAME_CLAIM: issuer.nameClaim,
    } satisfies ConsoleEnvironment,
  })
  console.allow(['s3:GetObject', 's3:GetObjectVersion'], objectsOf(surroundings, 'uploads/*'))
  console.allow(['s3:GetObject'], objectsOf(surroundings, ...read))
  console.allow(['s3:PutObject'], objectsOf(surroundings, ...written))
  console.allow(['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'], objectsOf(surroundings, sentByReaders))
  console.lambda.addToRolePolicy(mayList(surroundings, listed))
  console.allow(['ssm:GetParametersByPath'], [tenantsArn])
  console.allow(keyActions, [studyKey.keyArn, key.keyArn])
  acknowledgePrefixes(console.role, bucket, [...new Set(['uploads/*', ...read, ...written])])
  site.answerWith(console.lambda, issuer)
  for (const alarm of consoleAlarms(console, site)) watch(alarm)
  const { authorizationEndpoint, tokenEndpoint, endSessionEndpoint, clientId, scope, bearer } = issuer
  const signIn = {
    issuer: issuer.issuer,
    authorizationEndpoint,
    tokenEndpoint,
    clientId,
    scope,
    bearer,
    signOut:
      endSessionEndpoint === null
        ? null
        : { endpoint: endSessionEndpoint, backParameter: oidc ? 'post_logout_redirect_uri' : 'logout_uri' },
  }
  const outputs = {
    ConsoleAddress: site.address,
    ConsolePage: site.page.bucketName,
    ConsoleDistribution: site.distribution.distributionId,
    /** What must lie beside the page as sign-in.json. */
    ConsoleSignIn: JSON.stringify(signIn),
  }
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, `${name}Output`, { key: name, value })
}
