import * as z from 'zod'

/** The environment variables of the screening container. Infrastructure writes it with `satisfies ScreenEnvironment`. */
export const screenEnvironment = z.object({
  STUDY_BUCKET: z.string().min(1),
  STAT_QUEUE_URL: z.url(),
  ROUTINE_QUEUE_URL: z.url(),
  TENANTS_PARAMETER_PATH: z.string().startsWith('/'),
  EVENT_BUS_NAME: z.string().min(1),
  EXECUTION_PROVIDER: z.enum(['cpu', 'cuda']),
  /** onnxruntime's own switch: it collects unless told not to. */
  ORT_DISABLE_TELEMETRY: z.literal('1').default('1'),
  MODELS_FOLDER: z.string().min(1),
  /** Both queues empty for this long: the worker ends. '0': at the first empty look. Unit: seconds. */
  IDLE_EXIT_SECONDS: z.string().regex(/^\d+$/),
  /** Visibility of a message under way, renewed by heartbeats at a third of it. Unit: seconds. */
  VISIBILITY_SECONDS: z.string().regex(/^[1-9]\d*$/),
  /** Largest batch when the queue is deep. */
  MAXIMUM_BATCH: z.string().regex(/^[1-9]\d*$/),
  /** Deliveries after which the queue sets a message aside by itself; the redrive policy's maxReceiveCount. */
  MAXIMUM_RECEIVES: z.string().regex(/^[1-9]\d*$/),
  /** Where the worker sets aside what it has failed with. */
  STAT_DEAD_LETTER_URL: z.url(),
  ROUTINE_DEAD_LETTER_URL: z.url(),
  /** Before an image that failed is tried again; four times as long after each failure. Unit: seconds. */
  FIRST_RETRY_SECONDS: z.string().regex(/^\d+$/),
  /** What an hour of this worker's machine costs, for the estimates of usage receipts and of the alarm on spending. */
  HOURLY_COST_USD: z.string().regex(/^\d+(\.\d+)?$/),
})

export type ScreenEnvironment = z.input<typeof screenEnvironment>
/** As the worker has read it. */
export type WorkerEnvironment = z.output<typeof screenEnvironment>
