/** Every alarm, with the runbook that its text names. A test holds both to the alarms of the template and the files. */
export const alarms = {
  UploadDeadLetters: ['dead-letters', 'An upload could not be processed: the system failed, not the picture.'],
  StatDeadLetters: ['dead-letters', 'An urgent image could not be screened: the system failed, not the picture.'],
  RoutineDeadLetters: ['dead-letters', 'An image could not be screened: the system failed, not the picture.'],
  StatJobAge: ['old-jobs', 'An urgent image has waited too long.'],
  RoutineJobAge: ['old-jobs', 'An image has waited too long.'],
  StatJobReturned: ['old-jobs', 'An urgent image or upload has been given back again and again.'],
  RoutineJobReturned: ['old-jobs', 'An image or upload has been given back again and again.'],
  UploadAge: ['old-jobs', 'An upload has waited too long to be put into its lane.'],
  StatUploadAge: ['old-jobs', 'An urgent upload has waited too long to be preprocessed.'],
  RoutineUploadAge: ['old-jobs', 'An upload has waited too long to be preprocessed.'],
  RejectionRate: ['rejection-rate', 'More than a third of the uploads of an hour were rejected.'],
  SuspectedRate: ['suspected-rate', 'The share of suspected images has left its usual band.'],
  ColdStart: ['cold-start', 'A worker took too long from its start to its first image.'],
  ScreeningFailures: ['screening-failures', 'Images fail in the worker and are tried again.'],
  IllWorkers: ['screening-failures', 'A worker failed with images that are not at fault, and has ended.'],
  FailedWorkers: ['failed-workers', 'Workers end as failed Batch jobs, one after the other; images wait.'],
  DispatchErrors: ['dispatch-errors', 'The dispatcher fails: no machine is started for waiting images.'],
  PreprocessErrors: ['preprocess-errors', 'The preprocessing function fails as a whole.'],
  EstimatedCost: ['spend', 'The estimated cost of a day is above its share of the budget.'],
} as const satisfies Record<string, readonly [runbook: string, text: string]>

/** The alarms of each target that results are delivered to, likewise. */
export const deliveryAlarms = {
  DeadLetters: ['deliveries', 'A result could not be delivered, and was given up.'],
  Undelivered: ['deliveries', 'Results wait too long for their target.'],
  Age: ['deliveries', 'Results wait, and nothing takes them to their target.'],
  Errors: ['deliveries', 'The delivering function fails as a whole.'],
} as const satisfies Record<string, readonly [runbook: string, text: string]>

/** The alarms of the console, where it is deployed, likewise. */
export const consoleAlarms = {
  ConsoleErrors: ['console', "The console's function fails as a whole: pages stay empty."],
  ConsoleFailures: ['console', 'Requests of the console are answered with failures of the server.'],
} as const satisfies Record<string, readonly [runbook: string, text: string]>

/** The alarms of the results table. */
export const tableAlarms = {
  DeadLetters: ['table', 'Results have no row in the results table, and were given up.'],
  Age: ['table', 'Results wait too long for their row in the results table.'],
  Errors: ['table', 'The function that writes the results table fails as a whole.'],
} as const satisfies Record<string, readonly [runbook: string, text: string]>

/** The alarm of archives. */
export const backfillAlarms = {
  Errors: ['backfill', 'The function that feeds archives fails: nothing of them is screened.'],
} as const satisfies Record<string, readonly [runbook: string, text: string]>

export type AlarmName = keyof typeof alarms
export type ConsoleAlarmName = keyof typeof consoleAlarms
export type DeliveryAlarmName = keyof typeof deliveryAlarms
export type TableAlarmName = keyof typeof tableAlarms

export const backfillAlarmText = (name: keyof typeof backfillAlarms): string => textOf(backfillAlarms[name])
export const alarmText = (name: AlarmName): string => textOf(alarms[name])
export const consoleAlarmText = (name: ConsoleAlarmName): string => textOf(consoleAlarms[name])
export const tableAlarmText = (name: TableAlarmName): string => textOf(tableAlarms[name])

/** @param target `<tenant>/<target>` */
export const deliveryAlarmText = (name: DeliveryAlarmName, target: string): string =>
  `${target}: ${textOf(deliveryAlarms[name])}`

const textOf = ([runbook, text]: readonly [string, string]): string => `${text} Runbook: docs/runbooks/${runbook}.md`
