import { Duration, Stack } from 'aws-cdk-lib'
import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import {
  type Alarm,
  AnomalyDetectionAlarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  SingleValueWidget,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import { type AlarmName, alarmText } from '../alarm-texts.ts'
import { metricNames, metricNamespace } from '../metrics.ts'
import { alarmFrom } from './alarm-from.ts'
import type { Program } from './program.ts'
import type { WatchedQueue } from './watched-queue.ts'

export interface ObservabilityProps {
  readonly name: string
  readonly alarmEmail: string
  readonly monthlyBudgetUsd: number
  readonly profile: 'gpu' | 'warm' | 'cpu'
  readonly key: IKey
  readonly queues: Readonly<Record<'uploads' | 'statUploads' | 'routineUploads' | 'stat' | 'routine', WatchedQueue>>
  readonly preprocess: Program
  readonly dispatch: Program
}

/** How long an image may wait before somebody is called, by profile. Unit: minutes. */
const longestWait = {
  gpu: { stat: 20, routine: 60 },
  warm: { stat: 5, routine: 60 },
  cpu: { stat: 10, routine: 60 },
} as const
/** Unit: ms. */
const longestColdStart = 180_000

/** Alarms that name their runbook and call somebody, one dashboard, one budget. */
export class Observability extends Construct {
  readonly topic: Topic
  readonly alarms: Alarm[] = []

  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id)
    const { queues, key } = props
    this.topic = new Topic(this, 'Alarms', { masterKey: key, enforceSSL: true })
    this.topic.addSubscription(new EmailSubscription(props.alarmEmail))
    // A topic with a policy of its own has lost the one that let alarms of the account publish.
    for (const service of ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com']) {
      const publisher = new ServicePrincipal(service, {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      })
      key.grantEncryptDecrypt(publisher)
      this.topic.grantPublish(publisher)
    }

    const letters = {
      UploadDeadLetters: queues.uploads,
      StatDeadLetters: queues.stat,
      RoutineDeadLetters: queues.routine,
    }
    for (const [name, { deadLetters }] of Object.entries(letters)) {
      this.#alarm(
        name as AlarmName,
        deadLetters.metricApproximateNumberOfMessagesVisible({ period: minute, statistic: 'max' }),
        1,
        1,
      )
    }
    const wait = longestWait[props.profile]
    const ages = {
      StatJobAge: [queues.stat, wait.stat],
      RoutineJobAge: [queues.routine, wait.routine],
      UploadAge: [queues.uploads, 2],
      StatUploadAge: [queues.statUploads, 2],
      RoutineUploadAge: [queues.routineUploads, 10],
    } as const
    for (const [name, [{ queue }, minutes]] of Object.entries(ages)) {
      this.#alarm(
        name as AlarmName,
        queue.metricApproximateAgeOfOldestMessage({ period: minute, statistic: 'max' }),
        minutes * 60,
        2,
      )
    }
    // SQS stops reporting a job's age once it was given back three times, and a message that preprocessing sends
    // again starts at 0: the programs measure it themselves.
    for (const [name, lane] of [
      ['StatJobReturned', 'stat'],
      ['RoutineJobReturned', 'routine'],
    ] as const) {
      const returned = metricOf(metricNames.returnedJob, 'max', Duration.minutes(5), { Lane: lane })
      this.#alarm(name, returned, wait[lane] * 60, 1)
    }
    const [analysed, suspected, rejected] = [metricNames.analysed, metricNames.suspected, metricNames.rejected].map(
      (name) => countOf(name, hour),
    )
    const rejectionRate = shareOf('rejectedImages', rejected, [analysed, rejected], 'rejected share')
    const suspectedRate = shareOf('suspectedImages', suspected, [analysed], 'suspected share')
    this.#alarm('RejectionRate', rejectionRate, 1 / 3, 1)
    this.watch(
      new AnomalyDetectionAlarm(this, 'SuspectedRate', {
        metric: suspectedRate,
        stdDevs: 3,
        evaluationPeriods: 3,
        comparisonOperator: ComparisonOperator.LESS_THAN_LOWER_OR_GREATER_THAN_UPPER_THRESHOLD,
        treatMissingData: TreatMissingData.NOT_BREACHING,
        alarmDescription: alarmText('SuspectedRate'),
      }),
    )
    this.#alarm('ColdStart', metricOf(metricNames.coldStart, 'max', Duration.minutes(5)), longestColdStart, 1)
    this.#alarm('ScreeningFailures', countOf(metricNames.failures, Duration.minutes(5)), 5, 2)
    this.#alarm('IllWorkers', countOf(metricNames.illWorkers, Duration.minutes(5)), 1, 1)
    this.#alarm('FailedWorkers', metricOf(metricNames.failedWorkers, 'max', Duration.minutes(5)), 3, 1)
    this.#alarm('DispatchErrors', props.dispatch.lambda.metricErrors({ period: Duration.minutes(5) }), 3, 1)
    this.#alarm('PreprocessErrors', props.preprocess.lambda.metricErrors({ period: Duration.minutes(5) }), 3, 1)
    const cost = metricOf(metricNames.cost, 'sum', Duration.days(1))
    this.#alarm('EstimatedCost', cost, (1.5 * props.monthlyBudgetUsd) / 30, 1)
    this.#budget(props)
    this.#dashboard(props, { analysed, suspected, rejected, rejectionRate, suspectedRate, cost })
  }

  #alarm(name: AlarmName, metric: IMetric, threshold: number, evaluationPeriods: number): void {
    this.watch(
      alarmFrom(this, name, {
        metric,
        threshold,
        evaluationPeriods,
        text: alarmText(name),
      }),
    )
  }

  /** Has an alarm call somebody. */
  watch(alarm: Alarm): void {
    alarm.addAlarmAction(new SnsAction(this.topic))
    alarm.addOkAction(new SnsAction(this.topic))
    this.alarms.push(alarm)
  }

  #budget({ monthlyBudgetUsd }: ObservabilityProps): void {
    new CfnBudget(this, 'Budget', {
      budget: {
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        // Of the whole account: a filter by tag sees nothing until somebody has activated the tag for billing.
        budgetLimit: { amount: monthlyBudgetUsd, unit: 'USD' },
      },
      notificationsWithSubscribers: [80, 100].map((threshold) => ({
        notification: { notificationType: 'ACTUAL', comparisonOperator: 'GREATER_THAN', threshold },
        subscribers: [{ subscriptionType: 'SNS', address: this.topic.topicArn }],
      })),
    })
  }

  #dashboard({ name, queues }: ObservabilityProps, metrics: Record<string, IMetric>): void {
    const { analysed, suspected, rejected, rejectionRate, suspectedRate, cost } = metrics
    const depth = Object.values(queues).map(({ queue }) => queue.metricApproximateNumberOfMessagesVisible())
    const age = Object.values(queues).map(({ queue }) => queue.metricApproximateAgeOfOldestMessage())
    const dead = [...new Set(Object.values(queues).map(({ deadLetters }) => deadLetters))].map((letters) =>
      letters.metricApproximateNumberOfMessagesVisible(),
    )
    new Dashboard(this, 'Dashboard', {
      dashboardName: `pleura-${name}`,
      widgets: [
        [
          new GraphWidget({ title: 'Images by outcome', left: [analysed, suspected, rejected], width: 12 }),
          new GraphWidget({ title: 'Shares', left: [suspectedRate, rejectionRate], width: 12 }),
        ],
        [
          new GraphWidget({ title: 'Waiting', left: depth, width: 8 }),
          new GraphWidget({ title: 'Oldest message (s)', left: age, width: 8 }),
          new SingleValueWidget({ title: 'Dead letters', metrics: dead, width: 8 }),
        ],
        [
          new GraphWidget({
            title: 'Stages (ms, p95)',
            left: ['decode', 'prepare', 'classification', 'segmentation'].map((Stage) =>
              metricOf(metricNames.stage, 'p95', Duration.minutes(5), { Stage }),
            ),
            width: 8,
          }),
          new GraphWidget({
            title: 'Cold start (ms)',
            left: [metricOf(metricNames.coldStart, 'max', Duration.minutes(5))],
            right: [
              metricOf(metricNames.batchSize, 'avg', Duration.minutes(5)),
              metricOf(metricNames.failedWorkers, 'max', Duration.minutes(5)),
            ],
            width: 8,
          }),
          new GraphWidget({ title: 'Estimated cost (USD a day)', left: [cost], width: 8 }),
        ],
      ],
    })
  }
}

const minute = Duration.minutes(1)
const hour = Duration.hours(1)

const metricOf = (
  metricName: string,
  statistic: string,
  period: Duration,
  dimensionsMap: Record<string, string> = {},
) => new Metric({ namespace: metricNamespace, metricName, statistic, period, dimensionsMap })
const countOf = (metricName: string, period: Duration) => metricOf(metricName, 'sum', period)

/** A share of images in an hour; 0 while fewer than 20 make it meaningless. `id` is unique among the expressions of a graph. */
function shareOf(id: string, part: IMetric, wholes: readonly IMetric[], label: string): MathExpression {
  const total = wholes.map((_, index) => `FILL(${id}${index},0)`).join('+')
  return new MathExpression({
    label,
    period: hour,
    usingMetrics: { [id]: part, ...Object.fromEntries(wholes.map((metric, index) => [`${id}${index}`, metric])) },
    expression: `IF(${total} >= 20, FILL(${id},0)/(${total}), 0)`,
  })
}
