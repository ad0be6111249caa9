import { pacesOf } from '../../delivery/cloud-target.ts'
import type { EnvironmentConfig } from '../../infrastructure/config.ts'
import { uploadsAtATime } from '../../screening/screening-job/delivery-limits.ts'
import { type Check, notChecked } from './check.ts'
import { workerVcpus } from './config-checks.ts'
import { vcpusBySize } from './gpu-regions.ts'

interface Quota {
  readonly service: string
  readonly code: string
  readonly name: string
  readonly atLeast: number
  readonly why: string
}

/** Quotas as they are named in Service Quotas. New accounts start some of them at 0 or far below the published default. */
export function quotasOf({ profile, maximumJobs, instanceTypes, tenants }: EnvironmentConfig): Quota[] {
  const largest = Math.max(...instanceTypes.map((type) => vcpusBySize[type.split('.')[1]] ?? workerVcpus))
  const vcpus = profile === 'cpu' ? maximumJobs * workerVcpus : Math.max(maximumJobs * workerVcpus, largest)
  const fleet = `${maximumJobs} jobs at a time`
  const fleetQuotas: Quota[] =
    profile === 'cpu'
      ? [
          quota('fargate', 'L-36FBB829', 'Fargate Spot vCPU resource count', vcpus, fleet),
          quota(
            'fargate',
            'L-3032A538',
            'Fargate On-Demand vCPU resource count',
            vcpus,
            `${fleet}, when spot is short`,
          ),
        ]
      : [
          quota('ec2', 'L-3819A6DF', 'All G and VT Spot Instance Requests', vcpus, `${fleet}; 0 in a new account`),
          quota(
            'ec2',
            'L-DB2E81BA',
            'Running On-Demand G and VT instances',
            vcpus,
            `${fleet}, when spot is short; 0 in a new account`,
          ),
        ]
  const uploads = sumOf(Object.values(uploadsAtATime))
  const paces = tenants.flatMap(({ targets }) => targets.map(pacesOf))
  const deliveries = sumOf(paces.map(({ invocations }) => invocations ?? 1))
  const reserved = 1 + paces.filter(({ invocations }) => invocations === null).length
  const told = deliveries === 0 ? '' : `${deliveries} for deliveries, `
  return [
    ...fleetQuotas,
    quota(
      'lambda',
      'L-B99A9384',
      'Concurrent executions',
      uploads + deliveries + 101,
      `${uploads} uploads at a time, ${told}${reserved} reserved, 100 that AWS keeps unreserved; 10 in a new account`,
    ),
  ]
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0)

const quota = (service: string, code: string, name: string, atLeast: number, why: string): Quota => ({
  service,
  code,
  name,
  atLeast,
  why,
})

/** What only the account can tell, each with the command that asks it. */
export function checkAccount(config: EnvironmentConfig): Check[] {
  const { account, region, profile, alarmEmail, name } = config
  return [
    ...quotasOf(config).map(({ service, code, name, atLeast, why }) =>
      notChecked(
        `quota ${code}: ${name}`,
        `needed: ${atLeast} (${why})`,
        `aws service-quotas get-service-quota --region ${region} --service-code ${service} --quota-code ${code}; below it: request-service-quota-increase --desired-value ${atLeast}, days ahead`,
      ),
    ),
    notChecked(
      'quota L-F678F1CE: VPCs per Region',
      'needed: one more than are in use; 5 in a new account',
      `aws ec2 describe-vpcs --region ${region} --query "length(Vpcs)"`,
    ),
    notChecked(
      'CDK bootstrap',
      `of ${account} in ${region}`,
      `npx cdk bootstrap aws://${account}/${region}; or ask with --online`,
    ),
    ...(profile === 'cpu'
      ? []
      : [
          notChecked(
            'service-linked role of EC2 Spot',
            'Batch cannot make it',
            'aws iam create-service-linked-role --aws-service-name spot.amazonaws.com; "has been taken" means it is there',
          ),
        ]),
    notChecked(
      'service-linked role of Batch',
      'made with the first compute environment, if who deploys may',
      'aws iam create-service-linked-role --aws-service-name batch.amazonaws.com; "has been taken" means it is there',
    ),
    notChecked(
      'alarm subscription',
      `a mail goes to ${alarmEmail} at the first deployment`,
      'Follow the link in it: until then every alarm is silent.',
    ),
    notChecked(
      'cost allocation tag',
      `pleura:environment=${name}`,
      'Activate it in Billing, a day after deploying, to tell environments apart in Cost Explorer; no alarm waits for it.',
    ),
  ]
}
