import { RetentionDays } from 'aws-cdk-lib/aws-logs'

/** The shortest retention that CloudWatch knows of at least `days`. */
export function retentionOf(days: number): RetentionDays {
  const known = Object.values(RetentionDays).filter((value): value is number => typeof value === 'number')
  return known.filter((value) => value >= days).reduce((a, b) => Math.min(a, b), RetentionDays.TEN_YEARS)
}
