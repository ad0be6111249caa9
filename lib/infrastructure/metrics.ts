/** What the programs measure, by the names under which they write it. A test holds them to the programs' own list. */
export const metricNamespace = 'Pleura'

export const metricNames = {
  analysed: 'ImagesAnalysed',
  suspected: 'ImagesSuspected',
  rejected: 'ImagesRejected',
  refused: 'ImagesRefused',
  failures: 'ScreeningFailures',
  illWorkers: 'IllWorkers',
  failedWorkers: 'FailedWorkers',
  returnedJob: 'ReturnedJobSeconds',
  undelivered: 'UndeliveredSeconds',
  coldStart: 'ColdStartMilliseconds',
  stage: 'StageMilliseconds',
  batchSize: 'BatchSize',
  cost: 'EstimatedCostUsd',
} as const
