import * as z from 'zod'
import { tenantId } from '../screening-job/tenant.ts'

/** Part of keys. */
export const backfillName = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'must be 1–40 of a-z, 0-9 and -')

/** Lines of a part: what is held in memory of a list that may have a million. */
export const linesPerPart = 5000
/** How long after topping its lane up the feeder looks again; SQS counts its messages with a delay. Unit: ms. */
export const topUpEveryMs = 10_000

/**
 * Of one archive that is screened beside the daily work:
 *
 *   backfills/<tenant>/<name>/part-<n>.jsonl    what is to be screened, 5,000 lines each; never changed
 *   backfills/<tenant>/<name>/plan.json         written when all parts are there
 *   backfills/<tenant>/<name>/progress.json     how many lines were fed
 *   backfills/<tenant>/<name>/fed/<line>.jsonl  under which upload each of some lines was fed, or why not
 *   open-backfills/<tenant>/<name>.json         what the operator wants: there while it is started and not through
 *   uploads/<tenant>/backfill/<name>/<line>     an image of it
 */
export const backfillKeys = {
  part: (tenant: string, name: string, part: number) => `backfills/${tenant}/${name}/part-${padded(part)}.jsonl`,
  plan: (tenant: string, name: string) => `backfills/${tenant}/${name}/plan.json`,
  progress: (tenant: string, name: string) => `backfills/${tenant}/${name}/progress.json`,
  fed: (tenant: string, name: string, line: number) => `backfills/${tenant}/${name}/fed/${padded(line)}.jsonl`,
  allFed: (tenant: string, name: string) => `backfills/${tenant}/${name}/fed/`,
  open: (tenant: string, name: string) => `open-backfills/${tenant}/${name}.json`,
  allOpen: 'open-backfills/',
  upload: (tenant: string, name: string, line: number) => `uploads/${tenant}/backfill/${name}/${padded(line)}`,
} as const

const padded = (value: number): string => String(value).padStart(9, '0')
const count = z.number().int().nonnegative()

/** One object of the archive. */
export const backfillLine = z.strictObject({ bucket: z.string().min(1), key: z.string().min(1) })
export type BackfillLine = z.infer<typeof backfillLine>

export const cloudPlan = z.strictObject({
  schemaVersion: z.literal(1),
  tenant: tenantId,
  name: backfillName,
  source: z.string(),
  entries: count,
  /** Of those whose size the source tells. */
  sizeBytes: count,
  plannedAt: z.iso.datetime(),
})
export type CloudPlan = z.infer<typeof cloudPlan>

export const backfillOrder = z.strictObject({
  schemaVersion: z.literal(1),
  tenant: tenantId,
  name: backfillName,
  paused: z.boolean(),
  /** The budget: lines to be fed at most; null: all. */
  maximumImages: count.nullable(),
})
export type BackfillOrder = z.infer<typeof backfillOrder>

export const backfillProgress = z.strictObject({ schemaVersion: z.literal(1), fed: count, at: z.iso.datetime() })

/** Why an object of the archive could not be fed. It was not analysed: it says nothing about its patient. */
export const feedingProblems = ['gone', 'access-denied', 'archived', 'not-copied'] as const
export type FeedingProblem = (typeof feedingProblems)[number]

export const fedLine = z.strictObject({
  line: count,
  bucket: z.string(),
  key: z.string(),
  /** Names its receipt; null where it could not be fed. */
  uploadId: z.string().nullable(),
  problem: z.enum(feedingProblems).nullable(),
})
export type FedLine = z.infer<typeof fedLine>

export const encodeLines = (lines: readonly object[]): Uint8Array =>
  new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
export const encodeDocument = (document: object): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`)

/**
 * The lines from `from` to before `until`; no others are looked at.
 * @throws {Error} when a line is not of the schema
 */
export function parseLines<Line>(bytes: Uint8Array, schema: z.ZodType<Line>, from = 0, until?: number): Line[] {
  const text = new TextDecoder().decode(bytes)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(from, until)
    .map((line) => schema.parse(JSON.parse(line)))
}

/** @throws {Error} when it is not of the schema */
export const parseDocument = <Document>(bytes: Uint8Array, schema: z.ZodType<Document>): Document =>
  schema.parse(JSON.parse(new TextDecoder().decode(bytes)))
