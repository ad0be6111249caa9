import { basename } from 'node:path/posix'
import * as z from 'zod'
import { markEnding } from '../../lib/console/api/write-mark.ts'
import { type Review, review } from '../../lib/console/contract/review.ts'
import { type UrgencyMark, urgencyMark } from '../../lib/console/contract/urgency.ts'
import type { Clock, StudySummary } from '../../lib/screening/kernel/ports.ts'
import { type ResultDocument, resultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { buildResultLine, failedLine, type ResultLine } from '../../lib/screening/result-documents/result-line.ts'
import { summarizeStudy } from '../../lib/screening/result-documents/study-event.ts'
import { studyDigestOf } from '../../lib/screening/result-documents/study-result/study-identity.ts'
import { studyResult } from '../../lib/screening/result-documents/study-result/study-result.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { uploadReceipt } from '../../lib/screening/screening-job/upload-receipt.ts'
import { type DocumentKind, DocumentsBelow } from './documents-below.ts'
import type { TenantStore } from './tenant-store.ts'
import { uploadGrant } from './upload-grant.ts'

/** A result as far as the worklist shows it; its mask's code, which may be long, is left where it lies. */
export interface StoredResult {
  readonly key: string
  readonly result: ResultDocument
}

/** All that the bucket holds of one image. */
export interface StoredStudy {
  readonly studyId: string
  readonly results: readonly StoredResult[]
  /** The newest of what is there and says nothing: a failure of the system, a result that cannot be read. Null: none. */
  readonly failedAt: number | null
  /** Keys of the uploads that brought it. */
  readonly uploads: readonly string[]
  readonly names: readonly string[]
  readonly reviews: readonly Review[]
  readonly marks: readonly UrgencyMark[]
  /** Of its study; null where its file names none. */
  readonly studyDigest: string | null
  /** When somebody last said that it is open; null: nobody. */
  readonly readingAt: number | null
  /** When anything of this was last written. */
  readonly changedAt: number
}

/** What the images of one study say together, and those of them that are in the list. */
export interface StoredImagesOfStudy {
  readonly summary: StudySummary | null
  readonly members: readonly StoredStudy[]
  /** When anything of any of them was last written. */
  readonly changedAt: number
}

export interface StoredStudies {
  readonly byId: ReadonlyMap<string, StoredStudy>
  /** By study digest. */
  readonly studies: ReadonlyMap<string, StoredImagesOfStudy>
  /** Everything that was counted in. */
  readonly objects: number
}

/** Receipts may be older than the results that they led to. Unit: ms. */
const receiptsBeforeMs = 7 * 86_400_000
/** A viewer that has not said for so long that it is open was closed. Unit: ms. */
export const readingLapsesMs = 10 * 60_000

type OfResults =
  | { readonly kind: 'result'; readonly studyId: string; readonly result: ResultDocument }
  | { readonly kind: 'unreadable'; readonly studyId: string }
  | { readonly kind: 'receipt'; readonly studyId: string; readonly key: string }
  | { readonly kind: 'study'; readonly studyDigest: string; readonly summary: StudySummary | null }

const failure = z.object({ failedAt: z.iso.datetime() })

/** One tenant's studies, reviews and failures, as they lie in the bucket. */
export class StudyShelf {
  /** What readers said, and what they marked as urgent. */
  readonly reviews: DocumentsBelow<Review | UrgencyMark>
  readonly readings: DocumentsBelow<null>
  readonly #clock: Clock
  readonly #windowMs: number
  readonly #results: DocumentsBelow<OfResults>
  readonly #failures: DocumentsBelow<{ studyId: string; failedAt: number }>
  readonly #grants: DocumentsBelow<string>
  readonly #tenant: string
  #last: { readonly parts: readonly unknown[]; readonly studies: StoredStudies } | null = null

  /** @param windowMs How old a result may be. */
  constructor(store: TenantStore, tenant: string, clock: Clock, windowMs: number) {
    const below = <T>(kind: DocumentKind<T>) => new DocumentsBelow(store, clock, kind)
    this.#clock = clock
    this.#tenant = tenant
    this.#windowMs = windowMs
    this.#results = below(resultsOf(studyKeys.results(tenant)))
    this.#failures = below({
      prefix: studyKeys.failures(tenant),
      parserOf: (key) => {
        const studyId = /\/([0-9a-f]{32})\.json$/.exec(key)?.[1]
        return studyId ? (bytes) => ({ studyId, failedAt: Date.parse(failure.parse(json(bytes)).failedAt) }) : null
      },
    })
    this.#grants = below({
      prefix: studyKeys.grants(tenant),
      parserOf: () => (bytes) => uploadGrant.parse(json(bytes)).name,
    })
    this.reviews = below<Review | UrgencyMark>({
      prefix: studyKeys.reviews(tenant),
      parserOf: (key) => {
        if (key.endsWith(markEnding)) return (bytes) => urgencyMark.parse(json(bytes))
        return key.endsWith('.json') ? (bytes) => review.parse(json(bytes)) : null
      },
    })
    this.readings = below({ prefix: studyKeys.readings(tenant), parserOf: () => () => null })
  }

  /** The first moment of the worklist: it begins with a day, so that it moves once a day. */
  from(): number {
    return Math.floor((this.#clock.now() - this.#windowMs) / 86_400_000) * 86_400_000
  }

  async look(): Promise<StoredStudies> {
    const from = this.from()
    const parts = await Promise.all([
      this.#results.look(from - receiptsBeforeMs),
      this.#failures.look(from),
      this.#grants.look(from - receiptsBeforeMs),
      this.reviews.look(0),
      this.readings.look(this.#clock.now() - readingLapsesMs),
    ])
    const compared = [from, ...parts]
    if (this.#last?.parts.every((part, at) => part === compared[at])) return this.#last.studies
    const [results, failures, grants, reviews, readings] = parts
    const drafts = new Map<string, Draft>()
    const draftOf = (studyId: string, modifiedAt: number): Draft => {
      const draft = drafts.get(studyId) ?? newDraft(studyId)
      drafts.set(studyId, draft)
      draft.changedAt = Math.max(draft.changedAt, modifiedAt)
      return draft
    }
    const summaries = new Map<string, { summary: StudySummary | null; modifiedAt: number }>()
    for (const [key, { value, modifiedAt }] of results) {
      if (value.kind === 'study') {
        summaries.set(value.studyDigest, { summary: value.summary, modifiedAt })
      } else if (value.kind === 'receipt') {
        const draft = draftOf(value.studyId, modifiedAt)
        draft.uploads.push(value.key)
        draft.names.push(this.#nameOf(value.key, grants))
      } else if (modifiedAt >= from) {
        const draft = draftOf(value.studyId, modifiedAt)
        if (value.kind === 'result') draft.results.push({ key, result: value.result })
        else draft.failedAt = Math.max(draft.failedAt ?? 0, modifiedAt)
      }
    }
    for (const { value, modifiedAt } of failures.values()) {
      const draft = draftOf(value.studyId, modifiedAt)
      draft.failedAt = Math.max(draft.failedAt ?? 0, value.failedAt)
    }
    // What brought an image, or was said of it, makes no row of the worklist by itself.
    for (const [studyId, { results, failedAt }] of drafts) {
      if (results.length === 0 && failedAt === null) drafts.delete(studyId)
    }
    // Their names begin with the time: in the order of their keys the oldest comes first.
    for (const [, { value, modifiedAt }] of [...reviews].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!drafts.has(value.studyId)) continue
      const draft = draftOf(value.studyId, modifiedAt)
      if ('markId' in value) draft.marks.push(value)
      else draft.reviews.push(value)
    }
    for (const [key, { modifiedAt }] of readings) {
      if (drafts.has(basename(key))) draftOf(basename(key), modifiedAt).readingAt = modifiedAt
    }
    const objects = parts.reduce((sum, { size }) => sum + size, 0) - readings.size
    const studies = { byId: drafts, studies: groupByStudy(drafts.values(), summaries), objects }
    this.#last = { parts: compared, studies }
    return studies
  }

  /** As its sender called the file, without its folders. */
  #nameOf(upload: string, grants: ReadonlyMap<string, { value: string }>): string {
    const name = basename(upload)
    const isFromConsole = upload === studyKeys.consoleUpload(this.#tenant, name)
    return (isFromConsole && grants.get(studyKeys.grant(this.#tenant, name))?.value) || name
  }
}

type Draft = {
  -readonly [Key in keyof StoredStudy]: StoredStudy[Key] extends readonly (infer T)[] ? T[] : StoredStudy[Key]
}

const newDraft = (studyId: string): Draft => ({
  studyId,
  results: [],
  failedAt: null,
  uploads: [],
  names: [],
  reviews: [],
  marks: [],
  studyDigest: null,
  readingAt: null,
  changedAt: 0,
})

/** Sets each image's study on the way. */
function groupByStudy(
  drafts: Iterable<Draft>,
  summaries: ReadonlyMap<string, { readonly summary: StudySummary | null; readonly modifiedAt: number }>,
): ReadonlyMap<string, StoredImagesOfStudy> {
  type Group = { readonly summary: StudySummary | null; readonly members: Draft[]; changedAt: number }
  const groups = new Map<string, Group>()
  for (const draft of drafts) {
    const uid = draft.results.map(({ result }) => result.source?.studyInstanceUid).find((found) => found)
    if (!uid) continue
    draft.studyDigest = studyDigestOf(uid)
    const { summary = null, modifiedAt = 0 } = summaries.get(draft.studyDigest) ?? {}
    const group: Group = groups.get(draft.studyDigest) ?? { summary, members: [], changedAt: modifiedAt }
    groups.set(draft.studyDigest, group)
    group.members.push(draft)
    group.changedAt = Math.max(group.changedAt, draft.changedAt)
  }
  return groups
}

const json = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))

function resultsOf(prefix: string): DocumentKind<OfResults> {
  const ofResult = new RegExp(`^${prefix}([0-9a-f]{32})/[0-9a-f]{16}/result\\.json$`)
  const ofStudy = new RegExp(`^${prefix}studies/([0-9a-f]{32})/study\\.json$`)
  return {
    prefix,
    parserOf: (key) => {
      const studyId = ofResult.exec(key)?.[1]
      if (studyId) return (bytes) => parseResult(studyId, bytes)
      const studyDigest = ofStudy.exec(key)?.[1]
      if (studyDigest) return (bytes) => parseStudy(studyDigest, bytes)
      if (!key.startsWith(`${prefix}uploads/`)) return null
      return (bytes) => {
        const { imageId, key } = uploadReceipt.parse(json(bytes))
        return { kind: 'receipt', studyId: imageId, key }
      }
    },
  }
}

/** One that cannot be read says nothing. */
function parseStudy(studyDigest: string, bytes: Uint8Array): OfResults {
  try {
    return { kind: 'study', studyDigest, summary: summarizeStudy(studyResult.parse(json(bytes))) }
  } catch {
    return { kind: 'study', studyDigest, summary: null }
  }
}

/** One of a newer release may be of another form: its image must not vanish. */
function parseResult(studyId: string, bytes: Uint8Array): OfResults {
  let parsed: ReturnType<typeof resultDocument.safeParse>
  try {
    parsed = resultDocument.safeParse(json(bytes))
  } catch {
    return { kind: 'unreadable', studyId }
  }
  if (!parsed.success || parsed.data.imageId !== studyId) return { kind: 'unreadable', studyId }
  const { segmentation, ...rest } = parsed.data
  const result = { ...rest, segmentation: segmentation && { ...segmentation, runLength: '', components: [] } }
  return { kind: 'result', studyId, result }
}

/** Refusals that say nothing of the picture: they never stand before what was found in it. */
const saysNothing = ({ result }: StoredResult): boolean =>
  result.reason?.code === 'quota-exceeded' || result.reason?.code === 'budget-stop'

/** The result that stands: the newest, where it says anything. Null: the system failed since, or there is none. */
export function standingResultOf({ results, failedAt }: StoredStudy): StoredResult | null {
  const [newest] = [...results].sort(
    (a, b) => Number(saysNothing(a)) - Number(saysNothing(b)) || (a.result.analysedAt < b.result.analysedAt ? 1 : -1),
  )
  if (!newest) return null
  return failedAt !== null && failedAt > Date.parse(newest.result.analysedAt) ? null : newest
}

/** A row's line: where nothing stands, that the system has failed. */
export function lineOf(study: StoredStudy): ResultLine {
  const standing = standingResultOf(study)
  if (standing) return buildResultLine('', standing.result)
  return failedLine('', study.studyId, 'system-failure')
}
