import { type Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2'
import { Effect, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { acknowledge, acknowledgeOwnPolicy } from '../acknowledge.ts'
import { retentionOf } from './retention.ts'

export interface ProgramProps {
  /** Folder of the prebuilt asset. */
  readonly asset: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeout: Duration
  /** Unit: MB. */
  readonly memorySize: number
  readonly key: IKey
  readonly logDays: number
  /** @default no reserve: concurrency is limited where the events come from */
  readonly reservedConcurrency?: number
  /** @default 'queues' */
  readonly invokedBy?: 'queues' | 'requests'
  /** @default outside of a VPC */
  readonly network?: { readonly vpc: IVpc; readonly securityGroups: ISecurityGroup[] }
  /**
   * Why it may stand outside of a VPC, for a security reviewer.
   * @default it speaks to AWS services alone
   */
  readonly outside?: string
}

const reasons = {
  queues: {
    deadLetters:
      'Its events come from queues, which keep failed messages in dead-letter queues of their own; the tick comes again in a minute.',
    concurrency:
      'The event source sets a maximum concurrency; a reserve would take capacity from the rest of the account.',
  },
  requests: {
    deadLetters: 'Whoever asked is told of the failure, and asks again: nothing is to be kept.',
    concurrency: 'Its API is throttled; a reserve would take capacity from the rest of the account.',
  },
} as const

/** A Lambda function with a role and a log group of its own. */
export class Program extends Construct {
  readonly lambda: LambdaFunction
  readonly role: Role

  constructor(scope: Construct, id: string, props: ProgramProps) {
    super(scope, id)
    const logGroup = new LogGroup(this, 'Log', {
      encryptionKey: props.key,
      retention: retentionOf(props.logDays),
      removalPolicy: RemovalPolicy.DESTROY,
    })
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    logGroup.grantWrite(role)
    acknowledgeOwnPolicy(role)
    this.role = role
    if (props.network) {
      role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaENIManagementAccess'))
      acknowledge(role, {
        'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaENIManagementAccess]':
          'Network interfaces have no names before they exist; AWS keeps this policy to just what a function in a VPC needs.',
      })
    }
    this.lambda = new LambdaFunction(this, 'Function', {
      code: Code.fromAsset(props.asset),
      handler: 'main.handler',
      runtime: Runtime.NODEJS_22_X,
      architecture: Architecture.ARM_64,
      environment: { ...props.environment, NODE_OPTIONS: '--enable-source-maps' },
      environmentEncryption: props.key,
      timeout: props.timeout,
      memorySize: props.memorySize,
      role,
      logGroup,
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
      ...(props.network
        ? {
            vpc: props.network.vpc,
            vpcSubnets: { subnets: props.network.vpc.isolatedSubnets },
            securityGroups: props.network.securityGroups,
          }
        : {}),
    })
    acknowledge(this.lambda, {
      'AwsSolutions-L1': 'Node 22 is a supported runtime and the one the package is tested with.',
      'HIPAA.Security-LambdaDLQ': reasons[props.invokedBy ?? 'queues'].deadLetters,
      ...(props.reservedConcurrency === undefined
        ? {
            'HIPAA.Security-LambdaConcurrency': reasons[props.invokedBy ?? 'queues'].concurrency,
          }
        : {}),
      ...(props.network
        ? {}
        : {
            'HIPAA.Security-LambdaInsideVPC':
              props.outside ??
              'The economy endpoints keep functions out of the VPC: they reach AWS services by TLS with their role and open no connection to anything else. The private endpoints put them inside.',
          }),
    })
  }

  /** Allows actions on resources, named one by one. */
  allow(actions: readonly string[], resources: readonly string[]): void {
    this.lambda.addToRolePolicy(
      new PolicyStatement({ effect: Effect.ALLOW, actions: [...actions], resources: [...resources] }),
    )
  }
}
