import * as z from 'zod'
import { sha256Hex } from '../kernel/identifiers.ts'
import { type Lane, type Tenant, tenantId } from './tenant.ts'

export const imageId = z.string().regex(/^[0-9a-f]{32}$/)
/** The preparation key: digest of all that decides what preprocessing makes of an image. */
export const preparation = z.string().regex(/^[0-9a-f]{64}$/)

/** Names one prepared image. */
export interface Preparation {
  readonly tenant: string
  readonly imageId: string
  /** The preparation key. */
  readonly preparation: string
}

/**
 * Every key of the study bucket. They are functions of the content of the image, the digest of what analyses it and
 * the tenant alone, so that duplicates and repetitions land on the same objects.
 *
 *   uploads/<tenant>/…                                   the sender's own keys
 *   prepared/<tenant>/<imageId>/<preparation>/image.png, study.json
 *                                                        what preprocessing made; study.json comes last
 *   prepared/<tenant>/<imageId>/<preparation>/answer.json  what was last done for an upload of it, and when
 *   results/<tenant>/uploads/<uploadId>.json             what became of one upload: its imageId and its result
 *   results/<tenant>/<imageId>/<screening>/result.json   the result, written last; its pictures beside it
 *   results/<tenant>/studies/<studyDigest>/study.json    what the images of a study say together
 *   results/<tenant>/studies/<studyDigest>/images/<imageId>-<screening>.json   one of them, noted before its result is there
 *   usage/<tenant>/<yyyy-mm>/admitted/<imageId>          one image counted against quota and budget
 *   usage/<tenant>/<yyyy-mm>/receipts/<imageId>-<screening>.json   one billed image
 *   failures/<tenant>/<imageId>.json                     the last failure of the system with this image
 *   failures/<tenant>/<imageId>/attempts/<n>.json        an attempt at it that is under way, or ended badly
 *   deliveries/<tenant>/<target>/<key>.json              what a delivery to a target has come to, under its idempotency key
 *   deliveries/<tenant>/<target>/last-taken.json         when the target last took one
 *
 * and of archives: `backfills/`, `open-backfills/`, in screening/backfill/cloud-backfill.ts; and of the console:
 *
 *   uploads/<tenant>/console/<grantId>                   what a reader has sent
 *   grants/<tenant>/<grantId>.json                       what it was asked for as; its name stands nowhere else
 *   frames/<tenant>/<imageId>/<digits>.json, .raw        a picture as a viewer gets it, for a day
 *   reading/<tenant>/<imageId>                           somebody has it open
 *   reviews/<tenant>/<imageId>/<time>-<reviewId>.json    what a reader said; .png: what that reader has drawn
 *   reviews/<tenant>/<imageId>/<time>-<markId>.urgency   that a reader marked its study as urgent, or no longer
 *   audit/<tenant>/<yyyy-mm-dd>/<time>-<id>.json         who saw or did what
 *
 * `<screening>` and `<preparation>` are the first 16 digits of the screening key and of the preparation key.
 */
export const studyKeys = {
  preparedImage: ({ tenant, imageId, preparation }: Preparation) =>
    `prepared/${tenant}/${imageId}/${shortKeyOf(preparation)}/image.png`,
  preparedStudy: ({ tenant, imageId, preparation }: Preparation) =>
    `prepared/${tenant}/${imageId}/${shortKeyOf(preparation)}/study.json`,
  lastAnswer: ({ tenant, imageId, preparation }: Preparation) =>
    `prepared/${tenant}/${imageId}/${shortKeyOf(preparation)}/answer.json`,
  uploadReceipt: (tenant: string, upload: string) => `results/${tenant}/uploads/${upload}.json`,
  /** Where the objects of one study lie; ends with '/'. */
  study: (tenant: string, studyDigest: string) => `results/${tenant}/studies/${studyDigest}/`,
  /** Where the objects of one result lie; ends with '/'. */
  resultPrefix: (tenant: string, image: string, screeningKey: string) =>
    `results/${tenant}/${image}/${shortKeyOf(screeningKey)}/`,
  /** Below it lie all results of an image, whatever analysed it. */
  resultsOfImage: (tenant: string, image: string) => `results/${tenant}/${image}/`,
  admission: (tenant: string, month: string, image: string) => `usage/${tenant}/${month}/admitted/${image}`,
  admissions: (tenant: string, month: string) => `usage/${tenant}/${month}/admitted/`,
  usageReceipt: (tenant: string, month: string, image: string, screeningKey: string) =>
    `usage/${tenant}/${month}/receipts/${image}-${shortKeyOf(screeningKey)}.json`,
  usageReceipts: (tenant: string, month: string) => `usage/${tenant}/${month}/receipts/`,
  failure: (tenant: string, image: string) => `failures/${tenant}/${image}.json`,
  attempt: (tenant: string, image: string, number: number) => `failures/${tenant}/${image}/attempts/${number}.json`,
  attempts: (tenant: string, image: string) => `failures/${tenant}/${image}/attempts/`,
  delivery: (tenant: string, target: string, key: string) => `deliveries/${tenant}/${target}/${key}.json`,
  lastTaken: (tenant: string, target: string) => `deliveries/${tenant}/${target}/last-taken.json`,
  results: (tenant: string) => `results/${tenant}/`,
  failures: (tenant: string) => `failures/${tenant}/`,
  consoleUpload: (tenant: string, grant: string) => `uploads/${tenant}/console/${grant}`,
  grants: (tenant: string) => `grants/${tenant}/`,
  grant: (tenant: string, grant: string) => `grants/${tenant}/${grant}.json`,
  /** @param digits Of all that decides how the picture is handed out. */
  frame: (tenant: string, image: string, digits: string) => `frames/${tenant}/${image}/${digits}`,
  reading: (tenant: string, image: string) => `reading/${tenant}/${image}`,
  readings: (tenant: string) => `reading/${tenant}/`,
  reviews: (tenant: string) => `reviews/${tenant}/`,
  audit: (tenant: string, day: string, name: string) => `audit/${tenant}/${day}/${name}.json`,
} as const

const shortKeyOf = (key: string): string => key.slice(0, 16)

/** The calendar month in UTC, e.g. '2026-11'. */
export const monthOf = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 7)

/** Names one upload: a key at one version. Nothing of the sender's key can be read from it. */
export const uploadIdOf = (key: string, version: string): string => sha256Hex(`${key}\n${version}`).slice(0, 32)

/**
 * The tenant of an upload; also of the object `uploads/<tenant>/`, which S3's console creates for an empty folder.
 * @throws {Error} when the key is not below `uploads/<tenant>/`: the notification is not ours, a defect
 */
export function tenantOfUpload(key: string): string {
  const [root, tenant, ...rest] = key.split('/')
  if (root !== 'uploads' || rest.length === 0) throw new Error('an upload has a key below uploads/<tenant>/')
  return tenantId.parse(tenant)
}

/** Whether whoever sent it has asked for it to go first: it lies below `uploads/<tenant>/stat/`. */
export const isStatUpload = (key: string): boolean => key.split('/')[2] === 'stat' && key.split('/').length > 3

/** 'stat' below `uploads/<tenant>/stat/`, else 'routine'; if the tenant may not use that lane, the first of its own. */
export function laneOfUpload(key: string, { lanes }: Tenant): Lane {
  const asked = isStatUpload(key) ? 'stat' : 'routine'
  return lanes.includes(asked) ? asked : lanes[0]
}
