import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib'
import {
  Action,
  AllocationStrategy,
  EcsEc2ContainerDefinition,
  EcsFargateContainerDefinition,
  EcsJobDefinition,
  EcsMachineImageType,
  FargateComputeEnvironment,
  type IManagedComputeEnvironment,
  JobQueue,
  LinuxParameters,
  ManagedEc2EcsComputeEnvironment,
  Reason,
  RetryStrategy,
  TmpfsMountOption,
} from 'aws-cdk-lib/aws-batch'
import { BlockDeviceVolume, EbsDeviceVolumeType, InstanceType, LaunchTemplate } from 'aws-cdk-lib/aws-ec2'
import { type ContainerImage, LogDriver } from 'aws-cdk-lib/aws-ecs'
import { Effect, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { acknowledge, acknowledgeOwnPolicy } from '../acknowledge.ts'
import { retentionOf } from './retention.ts'
import type { StudyNetwork } from './study-network.ts'

export interface ScreeningFleetProps {
  readonly profile: 'gpu' | 'warm' | 'cpu'
  readonly network: StudyNetwork
  readonly image: ContainerImage
  readonly environment: Readonly<Record<string, string>>
  readonly instanceTypes: readonly string[]
  readonly maximumJobs: number
  readonly key: IKey
  readonly logDays: number
}

/** vCPUs and memory (MB) of one worker: one g4dn.xlarge, less what the host keeps. */
const gpuWorker = { cpu: 4, memoryMb: 14_000 }
const cpuWorker = { cpu: 4, memoryMb: 8192 }

/** A drain job ends by itself when the queues are empty; this ends one that hangs. */
const longestJob = Duration.hours(12)

/** The machines that screen: AWS Batch, spot first (after the warm machine, where there is one), then on demand; each job works the queues until they are empty. */
export class ScreeningFleet extends Construct {
  readonly jobQueue: JobQueue
  readonly jobDefinition: EcsJobDefinition
  readonly workerRole: Role
  /** Holds the machine that stands ready, in the warm profile. */
  readonly warm: IManagedComputeEnvironment | undefined

  constructor(scope: Construct, id: string, props: ScreeningFleetProps) {
    super(scope, id)
    this.workerRole = new Role(this, 'WorkerRole', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') })
    acknowledgeOwnPolicy(this.workerRole)
    const environments = props.profile === 'cpu' ? this.#fargate(props) : this.#ec2(props)
    this.warm = props.profile === 'warm' ? environments[0] : undefined
    this.jobQueue = new JobQueue(this, 'Jobs', {
      computeEnvironments: environments.map((computeEnvironment, index) => ({ computeEnvironment, order: index + 1 })),
    })
    const executionRole = new Role(this, 'ExecutionRole', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
    })
    acknowledgeOwnPolicy(executionRole)
    acknowledge(executionRole, {
      'AwsSolutions-IAM5[Resource::*]':
        'ecr:GetAuthorizationToken, which pulling the image takes, knows no resources; the other actions name the repository and the log group.',
    })
    const container =
      props.profile === 'cpu' ? this.#fargateContainer(props, executionRole) : this.#ec2Container(props, executionRole)
    this.jobDefinition = new EcsJobDefinition(this, 'DrainJob', {
      jobDefinitionName: this.#jobName,
      container,
      timeout: longestJob,
      propagateTags: true,
      retryAttempts: 3,
      // A machine that is taken away loses no image, the queue gives them out again; the job itself starts once more.
      retryStrategies: [
        RetryStrategy.of(Action.RETRY, Reason.SPOT_INSTANCE_RECLAIMED),
        RetryStrategy.of(Action.EXIT, Reason.custom({ onReason: '*' })),
      ],
    })
  }

  #ec2({ profile, network, instanceTypes, maximumJobs }: ScreeningFleetProps): IManagedComputeEnvironment[] {
    const instanceRole = new Role(this, 'InstanceRole', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonEC2ContainerServiceforEC2Role')],
    })
    acknowledge(instanceRole, {
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role]':
        'What the ECS agent on the host needs, kept by AWS. Batch puts the container on the network of its host, so a worker can take this role too: it reads no study, no queue and no key.',
    })
    const launchTemplate = new LaunchTemplate(this, 'LaunchTemplate', {
      requireImdsv2: true,
      blockDevices: [
        {
          deviceName: '/dev/xvda',
          volume: BlockDeviceVolume.ebs(60, { encrypted: true, volumeType: EbsDeviceVolumeType.GP3 }),
        },
      ],
    })
    const shared = {
      vpc: network.vpc,
      vpcSubnets: { subnets: [...network.subnets] },
      securityGroups: [network.workers],
      instanceTypes: instanceTypes.map((name) => new InstanceType(name)),
      useOptimalInstanceClasses: false,
      images: [{ imageType: EcsMachineImageType.ECS_AL2023_NVIDIA }],
      instanceRole,
      launchTemplate,
      minvCpus: 0,
      maxvCpus: maximumJobs * gpuWorker.cpu,
      updateToLatestImageVersion: true,
      terminateOnUpdate: false,
      updateTimeout: Duration.minutes(30),
    }
    // First in the queue, or jobs would wait for a new spot machine beside it. On demand: spot is no promise.
    const warm =
      profile === 'warm'
        ? [
            new ManagedEc2EcsComputeEnvironment(this, 'Warm', {
              ...shared,
              maxvCpus: gpuWorker.cpu,
              allocationStrategy: AllocationStrategy.BEST_FIT_PROGRESSIVE,
            }),
          ]
        : []
    return [
      ...warm,
      new ManagedEc2EcsComputeEnvironment(this, 'Spot', {
        ...shared,
        spot: true,
        allocationStrategy: AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED,
      }),
      new ManagedEc2EcsComputeEnvironment(this, 'OnDemand', {
        ...shared,
        allocationStrategy: AllocationStrategy.BEST_FIT_PROGRESSIVE,
      }),
    ]
  }

  #fargate({ network, maximumJobs }: ScreeningFleetProps): IManagedComputeEnvironment[] {
    const shared = {
      vpc: network.vpc,
      vpcSubnets: { subnets: [...network.subnets] },
      securityGroups: [network.workers],
      maxvCpus: maximumJobs * cpuWorker.cpu,
    }
    return [
      new FargateComputeEnvironment(this, 'Spot', { ...shared, spot: true }),
      new FargateComputeEnvironment(this, 'OnDemand', shared),
    ]
  }

  #ec2Container(props: ScreeningFleetProps, executionRole: Role): EcsEc2ContainerDefinition {
    const linuxParameters = new LinuxParameters(this, 'Linux', { initProcessEnabled: true })
    linuxParameters.addTmpfs({
      containerPath: '/tmp',
      size: Size.mebibytes(256),
      mountOptions: [TmpfsMountOption.RW, TmpfsMountOption.NOSUID, TmpfsMountOption.NODEV, TmpfsMountOption.NOEXEC],
    })
    return new EcsEc2ContainerDefinition(this, 'Container', {
      ...this.#shared(props),
      executionRole,
      cpu: gpuWorker.cpu,
      memory: Size.mebibytes(gpuWorker.memoryMb),
      gpu: 1,
      privileged: false,
      linuxParameters,
    })
  }

  #fargateContainer(props: ScreeningFleetProps, executionRole: Role): EcsFargateContainerDefinition {
    return new EcsFargateContainerDefinition(this, 'Container', {
      ...this.#shared(props),
      executionRole,
      cpu: cpuWorker.cpu,
      memory: Size.mebibytes(cpuWorker.memoryMb),
      assignPublicIp: !props.network.isPrivate,
    })
  }

  #shared({ image, environment, key, logDays }: ScreeningFleetProps) {
    const logGroup = new LogGroup(this, 'Log', {
      encryptionKey: key,
      retention: retentionOf(logDays),
      removalPolicy: RemovalPolicy.DESTROY,
    })
    return {
      image,
      environment: { ...environment },
      jobRole: this.workerRole,
      // User and group: with the user alone the group would be root's.
      user: '10001:10001',
      readonlyRootFilesystem: true,
      logging: LogDriver.awsLogs({ logGroup, streamPrefix: 'screen' }),
    }
  }

  /** Allows a worker actions on resources, named one by one. */
  allow(actions: readonly string[], resources: readonly string[]): void {
    this.workerRole.addToPolicy(
      new PolicyStatement({ effect: Effect.ALLOW, actions: [...actions], resources: [...resources] }),
    )
  }

  get #jobName(): string {
    return `${Stack.of(this).stackName}-drain`
  }

  /** ARN of every revision of the drain job. */
  get jobDefinitionArn(): string {
    return Stack.of(this).formatArn({
      service: 'batch',
      resource: 'job-definition',
      resourceName: `${this.#jobName}*`,
    })
  }
}
