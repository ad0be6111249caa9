import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib'
import {
  AccountRecovery,
  CfnUserPoolGroup,
  ClientAttributes,
  Mfa,
  OAuthScope,
  StringAttribute,
  UserPool,
} from 'aws-cdk-lib/aws-cognito'
import { Construct } from 'constructs'
import { acknowledge } from '../acknowledge.ts'
import type { ConsoleIssuer } from '../config.ts'

export interface ConsoleUsersProps {
  /** Of the environment. */
  readonly name: string
  readonly groups: readonly string[]
  /** Where the page is. */
  readonly pageAddress: string
}

/** The people of the console in a user pool: whom an administrator has made, in groups, each of one tenant. */
export class ConsoleUsers extends Construct {
  readonly issuer: ConsoleIssuer
  readonly pool: UserPool

  constructor(scope: Construct, id: string, { name, groups, pageAddress }: ConsoleUsersProps) {
    super(scope, id)
    this.pool = new UserPool(this, 'Pool', {
      selfSignUpEnabled: false,
      signInAliases: { username: true },
      signInCaseSensitive: false,
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12,
        requireDigits: true,
        requireLowercase: true,
        requireUppercase: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      customAttributes: { tenant: new StringAttribute({ minLen: 1, maxLen: 32, mutable: true }) },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
    acknowledge(this.pool, {
      'AwsSolutions-COG8': 'What the plus plan adds is threat protection, which is paid by the user; see the next.',
      'AwsSolutions-COG3':
        'Threat protection is a paid plan of its own; a second factor is required of everybody, and nobody signs up by themselves.',
    })
    for (const groupName of groups) {
      new CfnUserPoolGroup(this, `Group-${groupName}`, { userPoolId: this.pool.userPoolId, groupName })
    }
    const client = this.pool.addClient('Page', {
      generateSecret: false,
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID],
        callbackUrls: [pageAddress],
        logoutUrls: [pageAddress],
      },
      idTokenValidity: Duration.minutes(15),
      accessTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.hours(12),
      // Whoever could write the tenant could choose it.
      readAttributes: new ClientAttributes().withCustomAttributes('tenant'),
      writeAttributes: new ClientAttributes().withStandardAttributes({ locale: true }),
    })
    const domainPrefix = `pleura-${name}-${Aws.ACCOUNT_ID}`
    this.pool.addDomain('Domain', { cognitoDomain: { domainPrefix } })
    const { region } = Stack.of(this)
    const signIn = `https://${domainPrefix}.auth.${region}.amazoncognito.com`
    const issuer = `https://cognito-idp.${region}.amazonaws.com/${this.pool.userPoolId}`
    this.issuer = {
      issuer,
      jwksUri: `${issuer}/.well-known/jwks.json`,
      authorizationEndpoint: `${signIn}/oauth2/authorize`,
      tokenEndpoint: `${signIn}/oauth2/token`,
      endSessionEndpoint: `${signIn}/logout`,
      clientId: client.userPoolClientId,
      audience: client.userPoolClientId,
      scope: 'openid',
      // Its access tokens name neither an audience nor a tenant.
      bearer: 'id_token',
      tenantClaim: 'custom:tenant',
      rolesClaim: 'cognito:groups',
      nameClaim: 'cognito:username',
    }
  }
}
