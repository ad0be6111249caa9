import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import { type CfnStage, HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  OriginRequestPolicy,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront'
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins'
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { acknowledge } from '../acknowledge.ts'
import type { ConsoleIssuer } from '../config.ts'
import { retentionOf } from './retention.ts'

export interface ConsoleSiteProps {
  readonly key: IKey
  readonly logDays: number
  /** Where pictures come from and uploads go to. */
  readonly studyBucket: Bucket
  /** Host of the issuer's endpoint of tokens; it refers to no resource of the site. */
  readonly tokenHost: string
}

/** Page and API of the console under one address. The page's files are put into `page` after deployment. */
export class ConsoleSite extends Construct {
  readonly page: Bucket
  readonly distribution: Distribution
  readonly address: string
  readonly #api: HttpApi

  constructor(scope: Construct, id: string, { key, logDays, studyBucket, tokenHost }: ConsoleSiteProps) {
    super(scope, id)
    this.#api = new HttpApi(this, 'Api', { createDefaultStage: true, description: "The console's API" })
    this.#logRequests(key, logDays)
    this.page = new Bucket(this, 'Page', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      removalPolicy: RemovalPolicy.DESTROY,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(30) }],
    })
    const publicFiles = 'It holds the files of the page, which everybody may read through CloudFront, and nothing else.'
    acknowledge(this.page, {
      'AwsSolutions-S1': publicFiles,
      'HIPAA.Security-S3BucketLoggingEnabled': publicFiles,
      'HIPAA.Security-S3BucketReplicationEnabled': `${publicFiles} They are built from a checkout.`,
      'HIPAA.Security-S3DefaultEncryptionKMS': publicFiles,
    })
    const studies = studyBucket.bucketRegionalDomainName
    const policy = [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      `connect-src 'self' https://${studies} https://${tokenHost}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]
    this.distribution = new Distribution(this, 'Distribution', {
      comment: 'The console of Pleura',
      defaultRootObject: 'index.html',
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(this.page),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        responseHeadersPolicy: new ResponseHeadersPolicy(this, 'Headers', {
          securityHeadersBehavior: {
            contentSecurityPolicy: { contentSecurityPolicy: policy.join('; '), override: true },
            contentTypeOptions: { override: true },
            frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
            referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
            strictTransportSecurity: {
              accessControlMaxAge: Duration.days(730),
              includeSubdomains: true,
              override: true,
            },
          },
        }),
      },
      additionalBehaviors: {
        '/api/*': {
          origin: new HttpOrigin(`${this.#api.apiId}.execute-api.${Stack.of(this).region}.amazonaws.com`),
          viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
          allowedMethods: AllowedMethods.ALLOW_ALL,
          cachePolicy: CachePolicy.CACHING_DISABLED,
          originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        },
      },
    })
    acknowledge(this.distribution, {
      'AwsSolutions-CFR1': 'Who may read is decided by tokens; readers travel.',
      'AwsSolutions-CFR2':
        'The API lets nobody in without a token and is throttled; the rest are public files. A web application firewall costs when idle.',
      'AwsSolutions-CFR3':
        'Requests to the API are in the log of its stage, and who saw what in the audit trail; the rest are public files.',
      'AwsSolutions-CFR4':
        "Under CloudFront's own name its certificate is used, whose versions of TLS cannot be chosen; browsers of today speak 1.2 and later.",
    })
    this.address = `https://${this.distribution.distributionDomainName}/`
  }

  /** How many requests to the API were answered with 5xx. */
  metricServerErrors(period: Duration): IMetric {
    return this.#api.metricServerError({ period, statistic: 'sum' })
  }

  /** Has a function answer the API, for tokens that API Gateway has found good before; the function checks them again. */
  answerWith(lambda: IFunction, { issuer, audience }: Pick<ConsoleIssuer, 'issuer' | 'audience'>): void {
    this.#api.addRoutes({
      path: '/api/{proxy+}',
      methods: [HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST, HttpMethod.PUT, HttpMethod.DELETE],
      integration: new HttpLambdaIntegration('Console', lambda),
      authorizer: new HttpJwtAuthorizer('Tokens', issuer, { jwtAudience: [audience] }),
    })
  }

  #logRequests(key: IKey, logDays: number): void {
    const log = new LogGroup(this, 'Requests', {
      encryptionKey: key,
      retention: retentionOf(logDays),
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const stage = this.#api.defaultStage!.node.defaultChild as CfnStage
    stage.accessLogSettings = {
      destinationArn: log.logGroupArn,
      // No path: ids of images stand there.
      format: JSON.stringify({
        requestId: '$context.requestId',
        time: '$context.requestTime',
        method: '$context.httpMethod',
        status: '$context.status',
        latencyMs: '$context.responseLatency',
        error: '$context.authorizer.error',
      }),
    }
    stage.defaultRouteSettings = { throttlingRateLimit: 50, throttlingBurstLimit: 100 }
  }
}
