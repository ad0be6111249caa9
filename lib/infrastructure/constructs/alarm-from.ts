import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'

interface AlarmFromProps {
  readonly metric: IMetric
  readonly threshold: number
  readonly evaluationPeriods: number
  /** What it means, and where its runbook is. */
  readonly text: string
}

/** Rings from the threshold on. Where nothing is measured, nothing happens: it stays silent. */
export const alarmFrom = (scope: Construct, id: string, { text, ...watched }: AlarmFromProps): Alarm =>
  new Alarm(scope, id, {
    ...watched,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
    alarmDescription: text,
  })
