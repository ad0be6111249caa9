import { Duration } from 'aws-cdk-lib'
import type { Alarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { type TableAlarmName, tableAlarmText } from '../alarm-texts.ts'
import { alarmFrom } from './alarm-from.ts'
import type { Program } from './program.ts'
import type { WatchedQueue } from './watched-queue.ts'

/** How long a result may wait for its row before somebody is called. Unit: seconds. */
const longestWait = 2 * 3600

/** What is watched of the function that writes the results table. */
export function tableAlarms(scope: Construct, { queue, deadLetters }: WatchedQueue, { lambda }: Program): Alarm[] {
  const alarm = (name: TableAlarmName, metric: IMetric, threshold: number, evaluationPeriods: number) =>
    alarmFrom(scope, name, {
      metric,
      threshold,
      evaluationPeriods,
      text: tableAlarmText(name),
    })
  const minute = Duration.minutes(1)
  return [
    alarm(
      'DeadLetters',
      deadLetters.metricApproximateNumberOfMessagesVisible({ period: minute, statistic: 'max' }),
      1,
      1,
    ),
    alarm('Age', queue.metricApproximateAgeOfOldestMessage({ period: minute, statistic: 'max' }), longestWait, 2),
    alarm('Errors', lambda.metricErrors({ period: Duration.minutes(5) }), 1, 3),
  ]
}
