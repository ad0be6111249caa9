import { Match, type Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, it } from 'vitest'
import { roles } from '../../lib/console/api/route-access.ts'
import { signInSettings } from '../../lib/console/contract/sign-in.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { actionsOf, exampleConfig, resourcesNamed, resourcesOf, statementsOf, synthesize } from './synthesize.ts'

const oidc = {
  issuer: 'https://login.example/tenant',
  jwksUri: 'https://login.example/keys',
  authorizationEndpoint: 'https://login.example/authorize',
  tokenEndpoint: 'https://login.example/token',
  endSessionEndpoint: 'https://login.example/logout',
  clientId: 'console',
  audience: 'api://console',
  bearer: 'access_token',
  tenantClaim: 'tenant',
  rolesClaim: 'roles',
  nameClaim: 'upn',
}
const types = ['AWS::CloudFront::Distribution', 'AWS::ApiGatewayV2::Api', 'AWS::Cognito::UserPool']

describe('the console', () => {
  let template: Template
  beforeAll(() => {
    // cdk-nag and the validator speak here.
    template = synthesize({ console: {} })
  })

  it('is not there unless it is asked for', () => {
    const without = synthesize()
    for (const type of types) expect(resourcesOf(without, type)).toEqual([])
    for (const type of types) expect(resourcesOf(template, type)).toHaveLength(1)
    const [[, studies]] = resourcesOf(without, 'AWS::S3::Bucket').filter(([name]) => name.startsWith('StudiesBucket'))
    expect(studies.Properties.CorsConfiguration).toBeUndefined()
  })

  it('costs nothing while nobody asks: no machine, no reserve, no address', () => {
    const [[, lambda]] = resourcesOf(template, 'AWS::Lambda::Function').filter(([name]) => name.startsWith('Console'))
    expect(lambda.Properties).not.toHaveProperty('ReservedConcurrentExecutions')
    expect(resourcesOf(template, 'AWS::WAFv2::WebACL')).toEqual([])
    expect(resourcesOf(template, 'AWS::Lambda::Alias')).toEqual([])
  })

  it('lets its function read studies and write beside them, never over a result, and never read or end the audit trail', () => {
    const statements = statementsOf(template, 'ConsoleRole')
    const prefixes = (action: string) =>
      statements
        .filter((statement) => actionsOf(statement).includes(action))
        .flatMap(resourcesNamed)
        .map((name) => name.replace(/^\$\{\w+\}\//, ''))
        .sort()
    expect(prefixes('s3:GetObject')).toEqual([
      'failures/*',
      'frames/*',
      'grants/*',
      'results/*',
      'reviews/*',
      'uploads/*',
      'usage/*',
    ])
    expect(prefixes('s3:PutObject')).toEqual([
      'audit/*',
      'frames/*',
      'grants/*',
      'reading/*',
      'reviews/*',
      'uploads/*/console/*',
    ])
    for (const action of ['s3:ListMultipartUploadParts', 's3:AbortMultipartUpload']) {
      expect(prefixes(action)).toEqual(['uploads/*/console/*'])
    }
    const actions = statements.flatMap(actionsOf)
    for (const action of ['s3:DeleteObject', 's3:PutObjectTagging', 'sqs:SendMessage', 'sqs:ReceiveMessage']) {
      expect(actions).not.toContain(action)
    }
    const [list] = statements.filter((statement) => actionsOf(statement).includes('s3:ListBucket'))
    expect(JSON.stringify(list.Condition)).not.toContain('audit')
  })

  it('ends every prefix that it writes to', () => {
    const rules = resourcesOf(template, 'AWS::S3::Bucket').flatMap(
      ([, { Properties }]) => Properties.LifecycleConfiguration?.Rules ?? [],
    )
    const days = new Map<string, number>(rules.map(({ Prefix, ExpirationInDays }) => [Prefix, ExpirationInDays]))
    const daysOf = (key: string) => days.get(`${key.split('/')[0]}/`)
    expect(daysOf(studyKeys.audit('t', 'd', 'n'))).toBe(2555)
    expect(daysOf(studyKeys.reviews('t'))).toBe(365)
    expect(daysOf(studyKeys.grant('t', 'g'))).toBe(30)
    expect(daysOf(studyKeys.consoleUpload('t', 'g'))).toBe(30)
    expect(daysOf(studyKeys.frame('t', 'i', 'd'))).toBe(1)
    expect(daysOf(studyKeys.reading('t', 'i'))).toBe(1)
    // Parts of uploads that nobody has completed, wherever they lie.
    const abort = rules.filter(
      ({ AbortIncompleteMultipartUpload, Prefix }) => AbortIncompleteMultipartUpload && !Prefix,
    )
    expect(abort).toMatchObject([{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' }])
  })

  it('has people whom an administrator makes, with a second factor, in the groups of the table', () => {
    template.hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      MfaConfiguration: 'ON',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      DeletionProtection: 'ACTIVE',
      Schema: [Match.objectLike({ Name: 'tenant', AttributeDataType: 'String' })],
    })
    const groups = resourcesOf(template, 'AWS::Cognito::UserPoolGroup').map(([, group]) => group.Properties.GroupName)
    expect(groups.sort()).toEqual([...roles].sort())
  })

  it('lets nobody write the claims by which people are known', () => {
    const [[, client]] = resourcesOf(template, 'AWS::Cognito::UserPoolClient')
    expect(client.Properties.WriteAttributes).toEqual(['locale'])
    expect(client.Properties).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid'],
      PreventUserExistenceErrors: 'ENABLED',
      IdTokenValidity: 15,
    })
    const [[, lambda]] = resourcesOf(template, 'AWS::Lambda::Function').filter(([name]) => name.startsWith('Console'))
    expect(lambda.Properties.Environment.Variables).toMatchObject({
      OIDC_TENANT_CLAIM: 'custom:tenant',
      OIDC_ROLES_CLAIM: 'cognito:groups',
      OIDC_NAME_CLAIM: 'cognito:username',
    })
  })

  it('asks for a good token at each route before the function does, and is throttled', () => {
    for (const [, route] of resourcesOf(template, 'AWS::ApiGatewayV2::Route')) {
      expect(route.Properties.AuthorizationType).toBe('JWT')
      expect(route.Properties.RouteKey).toMatch(/ \/api\/\{proxy\+\}$/)
    }
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
      AccessLogSettings: { Format: Match.not(Match.stringLikeRegexp('path|Ip|authorizer\\.claims')) },
    })
  })

  it('shows its page by CloudFront alone, under a policy that lets it reach API, bucket and issuer', () => {
    const [[, { Properties }]] = resourcesOf(template, 'AWS::CloudFront::ResponseHeadersPolicy')
    const { SecurityHeadersConfig } = Properties.ResponseHeadersPolicyConfig
    const policy = JSON.stringify(SecurityHeadersConfig.ContentSecurityPolicy)
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain('RegionalDomainName')
    expect(policy).toContain('.auth.eu-central-1.amazoncognito.com')
    expect(policy).not.toMatch(/unsafe|\*/)
    template.resourceCountIs('AWS::CloudFront::OriginAccessControl', 1)
  })

  it("tells what must lie beside the page, in the contract's form", () => {
    const own = synthesize({ console: { oidc } })
    const { Value } = own.findOutputs('ConsoleSignIn').ConsoleSignIn as { Value: string }
    expect(signInSettings.parse(JSON.parse(Value))).toMatchObject({
      issuer: oidc.issuer,
      bearer: 'access_token',
      signOut: { endpoint: oidc.endSessionEndpoint, backParameter: 'post_logout_redirect_uri' },
    })
    for (const type of ['AWS::Cognito::UserPool', 'AWS::Cognito::UserPoolClient']) {
      expect(resourcesOf(own, type)).toEqual([])
    }
    own.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      JwtConfiguration: { Audience: ['api://console'], Issuer: oidc.issuer },
    })
  })

  it("ends the session in Cognito too, in Cognito's words", () => {
    const { Value } = template.findOutputs('ConsoleSignIn').ConsoleSignIn as {
      Value: { 'Fn::Join': [string, unknown[]] }
    }
    const text = Value['Fn::Join'][1].filter((part) => typeof part === 'string').join('')
    expect(text).toMatch(/"signOut":\{"endpoint":"https:.*amazoncognito\.com\/logout","backParameter":"logout_uri"\}/)
  })

  it('calls somebody when its function fails, or answers with failures, and names the runbook', () => {
    const named = resourcesOf(template, 'AWS::CloudWatch::Alarm')
      .filter(([name]) => name.startsWith('ConsoleSite'))
      .map(([, { Properties }]) => Properties)
    expect(named.map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`).sort()).toEqual([
      'AWS/ApiGateway 5xx',
      'AWS/Lambda Errors',
    ])
    const idOf = (type: string) => resourcesOf(template, type).map(([id]) => id)
    const watched = JSON.stringify(named.map(({ Dimensions }) => Dimensions))
    expect(watched).toContain(idOf('AWS::ApiGatewayV2::Api')[0])
    expect(watched).toContain(idOf('AWS::Lambda::Function').find((id) => id.startsWith('Console')))
    for (const { AlarmDescription, AlarmActions } of named) {
      expect(AlarmDescription).toContain('docs/runbooks/console.md')
      expect(AlarmActions).toHaveLength(1)
    }
  })

  it('is refused where its function could not fetch the keys of the issuer', () => {
    expect(() => exampleConfig({ console: {}, endpoints: 'private' })).toThrow('no way to its issuer')
  })

  it.each(['http://login.example', 'login.example', 'javascript:alert(1)'])('takes no issuer at %s', (issuer) => {
    expect(() => exampleConfig({ console: { oidc: { ...oidc, issuer } } })).toThrow('https')
  })
})
