import { Duration } from 'aws-cdk-lib'
import { type Alarm, type IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { type DeliveryAlarmName, deliveryAlarmText } from '../alarm-texts.ts'
import { metricNames, metricNamespace } from '../metrics.ts'
import { alarmFrom } from './alarm-from.ts'
import type { Program } from './program.ts'
import type { WatchedQueue } from './watched-queue.ts'

export interface DeliveryAlarmsProps {
  readonly tenant: string
  readonly target: string
  readonly queue: WatchedQueue
  readonly program: Program
}

/** How long a result may wait for its target before somebody is called. Unit: seconds. */
const longestWait = 3600

/** What is watched of the deliveries to one target. */
export function deliveryAlarms(
  scope: Construct,
  { tenant, target, queue: { queue, deadLetters }, program }: DeliveryAlarmsProps,
): Alarm[] {
  const alarm = (name: DeliveryAlarmName, metric: IMetric, threshold: number, evaluationPeriods: number) =>
    alarmFrom(scope, name, {
      metric,
      threshold,
      evaluationPeriods,
      text: deliveryAlarmText(name, `${tenant}/${target}`),
    })
  const minute = Duration.minutes(1)
  // A target that is down is asked every half hour: each time the function tells how long the delivery has waited.
  const waited = new Metric({
    namespace: metricNamespace,
    metricName: metricNames.undelivered,
    dimensionsMap: { Tenant: tenant, Target: target },
    statistic: 'max',
    period: Duration.hours(1),
  })
  const letters = deadLetters.metricApproximateNumberOfMessagesVisible({ period: minute, statistic: 'max' })
  // SQS does not count what was handed out three times: this is the age of what no function took.
  const age = queue.metricApproximateAgeOfOldestMessage({ period: minute, statistic: 'max' })
  const errors = program.lambda.metricErrors({ period: Duration.minutes(5) })
  return [
    alarm('DeadLetters', letters, 1, 1),
    alarm('Undelivered', waited, longestWait, 1),
    alarm('Age', age, longestWait, 2),
    alarm('Errors', errors, 3, 1),
  ]
}
