import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as z from 'zod'
import { cloudTarget } from '../delivery/cloud-target.ts'
import { queueDays } from '../screening/screening-job/delivery-limits.ts'
import { tenant } from '../screening/screening-job/tenant.ts'
import { faultsOf } from './check-targets.ts'

const days = z.number().int().min(1).max(3650)
/** Of what a message points to: it must be there for as long as the message. */
const daysOf = (atLeast: number, why: string) => days.min(atLeast, `must be at least ${atLeast}: ${why}`)
const hour = z.number().int().min(0).max(23)

const tenantAccess = z.strictObject({
  settings: tenant,
  /** AWS account that may take the tenant's role; null: no role is made. */
  trustedAccount: z
    .string()
    .regex(/^\d{12}$/, 'must be an account of 12 digits')
    .nullable()
    .default(null),
  /** Both sides must know it, against confused deputies. Required beside `trustedAccount`. */
  externalId: z.string().min(16).nullable().default(null),
  /** Where the tenant's results are delivered to; without any, nothing of the delivery is deployed. */
  targets: z.array(cloudTarget).default([]),
})

const https = z.url({ protocol: /^https$/, error: 'must be an address with https' })

/** An OIDC issuer that signs by RS256. Users must not be able to write the three claims. */
const consoleIssuer = z.strictObject({
  issuer: https,
  jwksUri: https,
  authorizationEndpoint: https,
  tokenEndpoint: https,
  /** Its `end_session_endpoint`; null: who signs out of the console stays signed in there. */
  endSessionEndpoint: https.nullable().default(null),
  clientId: z.string().min(1),
  /** `aud` of the tokens. */
  audience: z.string().min(1),
  scope: z.string().min(1).default('openid'),
  /** Which of its tokens has that audience. */
  bearer: z.enum(['id_token', 'access_token']).default('id_token'),
  tenantClaim: z.string().min(1),
  /** Its values are reader, reviewer, operator. */
  rolesClaim: z.string().min(1),
  /** By which reviews name their reader. */
  nameClaim: z.string().min(1),
})
export type ConsoleIssuer = z.infer<typeof consoleIssuer>

const consoleConfig = z.strictObject({
  /** How old a result may be that the worklist shows. */
  worklistDays: days.max(90).default(14),
  /** Null: a user pool of Cognito is made. */
  oidc: consoleIssuer.nullable().default(null),
})
export type ConsoleConfig = z.infer<typeof consoleConfig>

const backfillConfig = z.strictObject({
  /** What may be read of archives: `arn:aws:s3:::bucket/prefix*`. */
  sources: z
    .array(z.string().regex(/^arn:aws:s3:::[a-z0-9][a-z0-9.-]+\/.*$/, 'must be arn:aws:s3:::bucket/prefix*'))
    .min(1),
  /** Keys by which they are encrypted, where those are customer-managed. */
  keys: z
    .array(z.string().regex(/^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/[a-f0-9-]+$/, 'must be the ARN of a key'))
    .default([]),
  /** Images of anybody that may be on their way before another one of an archive is begun. */
  atATime: z.number().int().min(1).max(1000).default(32),
})
export type BackfillConfig = z.infer<typeof backfillConfig>

/** One environment: everything that differs between two deployments. */
export const environmentConfig = z
  .strictObject({
    /** Part of every name. */
    name: z.string().regex(/^[a-z][a-z0-9-]{0,18}[a-z0-9]$/, 'must be 2–20 of a-z, 0-9 and -'),
    account: z.string().regex(/^\d{12}$/, 'must be an account of 12 digits'),
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as eu-central-1'),
    /**
     * `gpu`: scales to zero, minutes to the first result. `warm`: one GPU machine stands ready in clinic hours.
     * `cpu`: Fargate spot, for low volume.
     */
    profile: z.enum(['gpu', 'warm', 'cpu']).default('gpu'),
    /** `economy`: public subnets that let nothing in. `private`: no way out at all, interface endpoints instead. */
    endpoints: z.enum(['economy', 'private']).default('economy'),
    /** Zones of the network; null: three, looked up in the account when synthesising. */
    availabilityZones: z
      .array(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'must be a zone such as eu-central-1a'))
      .min(1)
      .nullable()
      .default(null),
    /** GPU machines, any of which will do. */
    instanceTypes: z
      .array(z.string().regex(/^g\d\w*\.\w+$/, 'must be a GPU instance type'))
      .min(1)
      .default(['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge']),
    /** Drain jobs, and so GPU machines, at a time. */
    maximumJobs: z.number().int().min(1).max(64).default(4),
    imagesPerJob: z.number().int().min(1).default(500),
    /** When the warm machine stands ready. */
    clinicHours: z
      .strictObject({ timeZone: z.string().min(1), from: hour, to: hour })
      .refine(({ from, to }) => from < to, 'from must be before to')
      .default({ timeZone: 'UTC', from: 7, to: 19 }),
    maximumUploadBytes: z.number().int().min(1).max(268_435_456).default(67_108_864),
    /** Who hears of alarms. */
    alarmEmail: z.email(),
    /** Of the whole account's bill, whatever it is for; alarms come at 80 and 100 %. */
    monthlyBudgetUsd: z.number().positive().default(200),
    retentionDays: z
      .strictObject({
        uploads: daysOf(
          2 * queueDays,
          'an upload may wait half of it to be put into its lane, and half of it there',
        ).default(30),
        /** Prepared pictures and failure documents. */
        prepared: daysOf(2 * queueDays, 'a job may wait half of it, and lie half of it among the dead letters').default(
          30,
        ),
        /** Of a tenant that is no longer in this file; no tenant's own may be longer. */
        results: days.default(365),
        usage: daysOf(62, 'quota and budget count the admissions of a month, and are billed after it').default(2555),
        logs: days.default(365),
        /** Of the records of who saw what in the console. */
        audit: days.default(2555),
        /** Of the log of requests to the bucket: it holds the senders' keys, which may name a patient. */
        accessLog: days.default(30),
      })
      .prefault({}),
    /** The screening image in a registry; null: built from functions/screen/Dockerfile at deployment. */
    imageUri: z.string().nullable().default(null),
    /** Null: there is none. */
    console: consoleConfig.nullable().default(null),
    /** Null: no archive is screened. */
    backfill: backfillConfig.nullable().default(null),
    /** Every result also as a row in Parquet, which Athena asks. */
    resultsTable: z.boolean().default(false),
    tenants: z.array(tenantAccess).min(1),
  })
  .superRefine((config, context) => {
    const { region, availabilityZones, tenants, retentionDays, endpoints, console } = config
    if (console && endpoints === 'private') {
      context.addIssue({
        code: 'custom',
        path: ['endpoints'],
        message: "must be economy where there is a console: from within it has no way to its issuer's keys",
      })
    }
    for (const [index, zone] of (availabilityZones ?? []).entries()) {
      if (zone.slice(0, -1) !== region) {
        context.addIssue({ code: 'custom', path: ['availabilityZones', index], message: `must be a zone of ${region}` })
      }
    }
    for (const [index, { settings, trustedAccount, externalId, targets }] of tenants.entries()) {
      for (const [at, target] of targets.entries()) {
        const path = ['tenants', index, 'targets', at]
        for (const { field, message } of faultsOf(target, settings, config)) {
          context.addIssue({ code: 'custom', path: [...path, field], message })
        }
        if (targets.findIndex(({ name }) => name === target.name) !== at) {
          context.addIssue({ code: 'custom', path: [...path, 'name'], message: 'is used twice' })
        }
      }
      if (settings.retentionDays > retentionDays.results) {
        context.addIssue({
          code: 'custom',
          path: ['tenants', index, 'settings', 'retentionDays'],
          message: `must be at most retentionDays.results, ${retentionDays.results}, which ends what a removed tenant leaves`,
        })
      }
      if (trustedAccount !== null && externalId === null) {
        context.addIssue({
          code: 'custom',
          path: ['tenants', index, 'externalId'],
          message: 'is required beside trustedAccount',
        })
      }
      if (tenants.findIndex((other) => other.settings.id === settings.id) !== index) {
        context.addIssue({ code: 'custom', path: ['tenants', index, 'settings', 'id'], message: 'is used twice' })
      }
    }
  })

export type EnvironmentConfig = z.infer<typeof environmentConfig>

/** @param named PLEURA_CONFIG: absolute, or below the root of the checkout. */
export const configFileOf = (root: string, named = 'config/example.json'): string => resolve(root, named)

/** @throws {Error} that names the file, each wrong field, the value received and what is expected */
export function readConfig(file: string): EnvironmentConfig {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new Error(`${file} cannot be read as JSON. Copy config/example.json and fill it in.`, { cause })
  }
  const parsed = environmentConfig.safeParse(value)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(
    ({ path, message }) =>
      `  ${path.join('.') || 'the whole'}: ${message}, received ${JSON.stringify(at(value, path))}`,
  )
  throw new Error(`${file} is no environment:\n${issues.join('\n')}\nSee lib/infrastructure/config.ts.`)
}

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce((inner: unknown, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value)
