import { Duration } from 'aws-cdk-lib'
import type { Alarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { type ConsoleAlarmName, consoleAlarmText } from '../alarm-texts.ts'
import { alarmFrom } from './alarm-from.ts'
import type { ConsoleSite } from './console-site.ts'
import type { Program } from './program.ts'

const period = Duration.minutes(5)

/** What is watched of the console, below it: that its function answers, and that its answers are none of a failure. */
export function consoleAlarms(program: Program, site: ConsoleSite): Alarm[] {
  const alarm = (name: ConsoleAlarmName, metric: IMetric, threshold: number) =>
    alarmFrom(site, name, {
      metric,
      threshold,
      evaluationPeriods: 1,
      text: consoleAlarmText(name),
    })
  return [
    alarm('ConsoleErrors', program.lambda.metricErrors({ period }), 3),
    alarm('ConsoleFailures', site.metricServerErrors(period), 5),
  ]
}
