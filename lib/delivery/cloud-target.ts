import * as z from 'zod'
import {
  cStoreTarget,
  everyTarget,
  fhirTarget,
  mllpTarget,
  stowTarget,
  tlsFileNames,
  webhookTarget,
} from './delivery-config.ts'

/**
 * A delivery is given up, with its reason, before the queue forgets it: that is 14 days after it was sent
 * (`queueDays`), and takes no dead letter with it. Unit: days.
 */
export const longestWaitDays = 13

/**
 * The most that SQS hands a message out before it makes it a dead letter by itself, without a reason. With a back-off that
 * ends at half an hour, 13 days take some 850.
 */
export const maximumReceives = 1000

/** The function ends before AWS ends it, so that it still says what became of its deliveries. Unit: seconds. */
const longestTimeoutSeconds = 120

const inCloud = {
  timeoutSeconds: z.number().int().min(1).max(longestTimeoutSeconds).default(30),
  giveUpAfterDays: z.number().int().min(1).max(longestWaitDays).default(longestWaitDays),
}

/** The name of an SSM parameter (a SecureString), or the whole ARN of a secret of Secrets Manager. */
const secretName = z
  .string()
  .regex(
    /^(?:\/[A-Za-z0-9._/-]{1,1000}|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6})$/,
    'must be the name of an SSM parameter, beginning with /, or the whole ARN of a secret of Secrets Manager',
  )

/** Holds the signing secret: `whsec_` and 24 to 64 bytes in base64. */
const signingSecret = { secret: secretName }
/** Holds what the header Authorization is to say, `Bearer …` for instance; null: the header is not sent. */
const authorizationSecret = { secret: secretName.nullable().default(null) }

const webhook = webhookTarget.omit({ secretFile: true }).extend({ ...inCloud, ...signingSecret })
const fhir = fhirTarget.omit({ authorizationFile: true }).extend({ ...inCloud, ...authorizationSecret })
const stow = stowTarget.omit({ authorizationFile: true }).extend({ ...inCloud, ...authorizationSecret })
const mllp = mllpTarget.omit(tlsFileNames).extend(inCloud)
const cStore = cStoreTarget.omit(tlsFileNames).extend(inCloud)

/** Another event bus: gets the event that tells of a result, pointers only. */
const eventBridge = z
  .strictObject({
    ...everyTarget,
    ...inCloud,
    kind: z.literal('eventbridge'),
    busArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/[\w./-]+$/, 'must be the ARN of an event bus'),
  })
  .omit({ allowPrivateAddress: true })

/** Where a tenant's results go in AWS: as on one machine, but credentials are named, not kept in files. */
export const cloudTarget = z.discriminatedUnion('kind', [webhook, fhir, stow, mllp, cStore, eventBridge])

export type CloudTarget = z.infer<typeof cloudTarget>
export type CloudTargetOfKind<Kind extends CloudTarget['kind']> = Extract<CloudTarget, { kind: Kind }>

/** Where a target's credentials are kept; null: it has none. */
export const secretOf = (target: CloudTarget): string | null => ('secret' in target ? target.secret : null)

/**
 * Deliveries that one invocation of the function gets, how many of them are under way at a time, and how many invocations
 * there may be. Null: SQS allows no fewer than two, which would break the order of one at a time, so the function is
 * limited itself.
 */
export function pacesOf({ kind }: Pick<CloudTarget, 'kind'>): {
  readonly batch: number
  readonly atATime: number
  readonly invocations: number | null
} {
  switch (kind) {
    case 'webhook':
    case 'eventbridge':
      return { batch: 10, atATime: 8, invocations: 5 }
    case 'stow':
      return { batch: 1, atATime: 1, invocations: 2 }
    // As on one machine: two transactions may both create what is not there, and a PACS or an HL7 engine expects one.
    case 'fhir':
    case 'mllp':
    case 'c-store':
      return { batch: 1, atATime: 1, invocations: null }
  }
}
