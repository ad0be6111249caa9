/** The namespace of every metric. */
export const metricNamespace = 'Pleura'

/** Every metric by its name, with its unit. Dashboards and alarms read them. */
export const metricUnits = {
  ImagesAnalysed: 'Count',
  ImagesSuspected: 'Count',
  ImagesRejected: 'Count',
  ImagesRefused: 'Count',
  ScreeningFailures: 'Count',
  IllWorkers: 'Count',
  FailedWorkers: 'Count',
  ReturnedJobSeconds: 'Seconds',
  UndeliveredSeconds: 'Seconds',
  ColdStartMilliseconds: 'Milliseconds',
  StageMilliseconds: 'Milliseconds',
  BatchSize: 'Count',
  EstimatedCostUsd: 'None',
} as const

export type MetricName = keyof typeof metricUnits

/** Structured logs and metrics of one program, on standard output, for CloudWatch to read. */
export interface OperationalLog {
  /** Identifiers of ours only: never names, dates of birth, or anything of the sender's key. */
  readonly log: (level: 'info' | 'warn' | 'error', event: string, fields?: Record<string, unknown>) => void
  /** One measurement in the embedded metric format. */
  readonly metric: (name: MetricName, value: number, dimensions: Readonly<Record<string, string>>) => void
}

/** @see CloudWatch embedded metric format specification, 2018-11 */
export function createOperationalLog(
  program: string,
  write: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
  now: () => number = Date.now,
): OperationalLog {
  return {
    log: (level, event, fields = {}) =>
      write(JSON.stringify({ time: new Date(now()).toISOString(), level, program, event, ...fields })),
    metric: (name, value, dimensions) =>
      write(
        JSON.stringify({
          _aws: {
            Timestamp: now(),
            CloudWatchMetrics: [
              {
                Namespace: metricNamespace,
                Dimensions: [Object.keys(dimensions), []],
                Metrics: [{ Name: name, Unit: metricUnits[name] }],
              },
            ],
          },
          program,
          ...dimensions,
          [name]: value,
        }),
      ),
  }
}

/** What may be logged of an error: its class, its code, those of its causes; never its text, which may quote data. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error }
  const { code } = error as { code?: unknown }
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
  return {
    error: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(status === undefined ? {} : { status }),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  }
}
