import * as z from 'zod'
import { type RejectionCode, rejectionCodes } from '../kernel/errors.ts'
import type { EventSink, StudyEvent, StudySummary } from '../kernel/ports.ts'
import { imageId } from '../screening-job/study-keys.ts'
import { type Lane, lanes, tenantId } from '../screening-job/tenant.ts'
import type { ResultDocument } from './result-document.ts'
import { type StudyResult, studySummary } from './study-result/study-result.ts'

/** The detail of an event. Versioned; fields are added, never renamed. */
export const studyEvent = z.strictObject({
  schemaVersion: z.literal(1),
  tenant: tenantId,
  imageId,
  outcome: z.enum(['suspected', 'not-suspected', 'not-analysed']),
  discordant: z.boolean(),
  reason: z.enum(rejectionCodes as [RejectionCode, ...RejectionCode[]]).nullable(),
  lane: z.enum(lanes),
  resultKey: z.string(),
  study: studySummary
    .nullable()
    .default(null)
    .describe(
      "What the images of its study known so far say together: 'incomplete' is no negative. Of several of one study the one that was sent last counts. Null: its file names no study, or the sender keeps none",
    ),
}) satisfies z.ZodType<StudyEvent>

export const detailTypeOf = ({ outcome }: Pick<ResultDocument, 'outcome'>): 'Finding Ready' | 'Study Not Analysed' =>
  outcome === 'not-analysed' ? 'Study Not Analysed' : 'Finding Ready'

/** Publishes the event of a result that is stored under `resultKey`. */
export function emitResult(
  events: EventSink,
  result: ResultDocument,
  at: {
    readonly tenant: string
    readonly lane: Lane
    readonly resultKey: string
    readonly study: StudyResult | null
  },
): Promise<void> {
  const { outcome, imageId, discordant, reason } = result
  return events.emit(detailTypeOf(result), {
    schemaVersion: 1,
    tenant: at.tenant,
    imageId,
    outcome,
    discordant,
    reason: reason?.code ?? null,
    lane: at.lane,
    resultKey: at.resultKey,
    study: at.study && summarizeStudy(at.study),
  })
}

/** A study result as an event has it. */
export const summarizeStudy = ({ studyDigest, outcome, counts }: StudyResult): StudySummary => ({
  studyDigest,
  outcome,
  images: counts.images,
  notAnalysed: counts.notAnalysed,
})
