import { RemovalPolicy } from 'aws-cdk-lib'
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type ISubnet,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { acknowledge, acknowledgeOwnPolicy } from '../acknowledge.ts'
import { retentionOf } from './retention.ts'

export interface StudyNetworkProps {
  readonly endpoints: 'economy' | 'private'
  readonly key: IKey
  readonly logDays: number
}

/** All that a worker speaks to, when there is no way out. */
const interfaceServices = {
  Ecr: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Ecs: InterfaceVpcEndpointAwsService.ECS,
  EcsAgent: InterfaceVpcEndpointAwsService.ECS_AGENT,
  EcsTelemetry: InterfaceVpcEndpointAwsService.ECS_TELEMETRY,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Sqs: InterfaceVpcEndpointAwsService.SQS,
  Ssm: InterfaceVpcEndpointAwsService.SSM,
  Events: InterfaceVpcEndpointAwsService.EVENTBRIDGE,
  Kms: InterfaceVpcEndpointAwsService.KMS,
  Batch: InterfaceVpcEndpointAwsService.BATCH,
} as const

/**
 * Where the workers run. Nothing can be reached from outside in either form: the security group has no ingress.
 * `economy`: public subnets, out by HTTPS only, no hourly cost beside the machine's address. `private`: no route out;
 * S3 by gateway, the rest by interface endpoints, each billed by the hour and zone.
 */
export class StudyNetwork extends Construct {
  readonly vpc: Vpc
  readonly subnets: readonly ISubnet[]
  readonly workers: SecurityGroup
  readonly isPrivate: boolean

  constructor(scope: Construct, id: string, { endpoints, key, logDays }: StudyNetworkProps) {
    super(scope, id)
    this.isPrivate = endpoints === 'private'
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.42.0.0/20'),
      maxAzs: 3,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        this.isPrivate
          ? { name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }
          : { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: true },
      ],
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
    })
    this.subnets = this.isPrivate ? this.vpc.isolatedSubnets : this.vpc.publicSubnets
    acknowledge(this.vpc, {
      'HIPAA.Security-VPCDefaultSecurityGroupClosed':
        'Closing it takes a custom resource with rights on the VPC; nothing is placed in the default group, and a test asserts that every machine has the group without ingress.',
    })
    if (!this.isPrivate) {
      for (const subnet of this.vpc.publicSubnets) {
        acknowledge(subnet, {
          'HIPAA.Security-VPCSubnetAutoAssignPublicIpDisabled':
            'The economy endpoints reach AWS services by public addresses instead of billed endpoints; the security group lets nothing in. The private endpoints have no public address.',
          'HIPAA.Security-VPCNoUnrestrictedRouteToIGW':
            'The way out to AWS services in the economy endpoints; no way in, the security group has no ingress. The private endpoints have no gateway.',
        })
      }
    }
    const flowLog = this.vpc.addFlowLog('FlowLog', {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'FlowLogGroup', {
          encryptionKey: key,
          retention: retentionOf(logDays),
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    })
    acknowledgeOwnPolicy(flowLog)
    this.workers = new SecurityGroup(this, 'Workers', {
      vpc: this.vpc,
      description: 'Screening workers: nothing in, HTTPS out',
      allowAllOutbound: false,
    })
    this.workers.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS services')
    if (this.isPrivate) this.#addEndpoints()
  }

  #addEndpoints(): void {
    const group = new SecurityGroup(this, 'Endpoints', {
      vpc: this.vpc,
      description: 'Interface endpoints: HTTPS from the workers only',
      allowAllOutbound: false,
    })
    group.addIngressRule(this.workers, Port.tcp(443), 'Workers')
    for (const [name, service] of Object.entries(interfaceServices)) {
      this.vpc.addInterfaceEndpoint(name, { service, securityGroups: [group], open: false, privateDnsEnabled: true })
    }
  }
}
