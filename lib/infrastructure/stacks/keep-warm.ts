import { TimeZone } from 'aws-cdk-lib'
import type { IManagedComputeEnvironment } from 'aws-cdk-lib/aws-batch'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { Universal } from 'aws-cdk-lib/aws-scheduler-targets'
import type { Construct } from 'constructs'
import { acknowledgeOwnPolicy } from '../acknowledge.ts'
import type { EnvironmentConfig } from '../config.ts'

/** vCPUs of the machine that the warm profile keeps ready. */
const warmCpus = 4

/** One machine stands ready in clinic hours: its image is there, a job starts in seconds. */
export function keepWarm(
  stack: Construct,
  { computeEnvironmentArn }: IManagedComputeEnvironment,
  { timeZone, from, to }: EnvironmentConfig['clinicHours'],
): void {
  const role = new Role(stack, 'WarmRole', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') })
  acknowledgeOwnPolicy(role)
  const mayUpdate = new PolicyStatement({
    actions: ['batch:UpdateComputeEnvironment'],
    resources: [computeEnvironmentArn],
  })
  for (const [name, hour, minimum] of [
    ['Open', from, warmCpus],
    ['Close', to, 0],
  ] as const) {
    new Schedule(stack, `Warm${name}`, {
      description: `The warm machine ${minimum ? 'stands ready' : 'may go'} from ${hour}:00`,
      schedule: ScheduleExpression.cron({
        minute: '0',
        hour: String(hour),
        weekDay: 'MON-FRI',
        timeZone: TimeZone.of(timeZone),
      }),
      target: new Universal({
        service: 'batch',
        action: 'updateComputeEnvironment',
        input: ScheduleTargetInput.fromObject({
          ComputeEnvironment: computeEnvironmentArn,
          ComputeResources: { MinvCpus: minimum },
        }),
        role,
        policyStatements: [mayUpdate],
      }),
    })
  }
}
