import type { ResultDocument } from '../../screening/result-documents/result-document.ts'
import type { FrameFacts, FrameGrant } from '../contract/frame.ts'
import type { MonthUsage } from '../contract/month-usage.ts'
import type { Priors } from '../contract/priors.ts'
import type { Review, ReviewRequest } from '../contract/review.ts'
import type { Upload, UploadRequest } from '../contract/upload.ts'
import type { UrgencyRequest } from '../contract/urgency.ts'
import type { WorklistChanges, WorklistRow } from '../contract/worklist.ts'
import type { DrawnMask } from './read-drawn-mask.ts'

/** What the console's API needs of where it runs. */

export interface Studies {
  /** All rows, or those that changed after a cursor of this list. A cursor of another list gets all rows. */
  changes(since: string | null): Promise<WorklistChanges>
  /** Null where there is no such row. */
  row(studyId: string): Promise<WorklistRow | null>
  result(studyId: string): Promise<ResultDocument | null>
  /** A document beside result.json; null where there is none. */
  document(studyId: string, name: 'mask.png' | 'class-activation-map.png'): Promise<Uint8Array | null>
  /** The very bytes that were screened; null where they are gone or have changed since. */
  source(studyId: string): Promise<Uint8Array | null>
  markInReading(studyId: string): Promise<void>
  /** Every row with what made it, for figures. */
  screened(): Promise<readonly ScreenedRow[]>
}

export interface ScreenedRow {
  readonly row: WorklistRow
  /** `version` is null where no result stands. */
  readonly models: readonly { readonly id: string; readonly version: string | null; readonly sha256: string }[]
  readonly timingsMs: Readonly<Record<string, number>>
}

/** Why there is no picture, in words for the reader. */
export interface FrameRefusal {
  readonly status: 404 | 409
  readonly title: string
  readonly detail: string
}

/** Pictures as a viewer gets them. */
export interface Frames {
  facts(studyId: string): Promise<FrameFacts | FrameRefusal>
  /** The samples, or where they lie for a short time. Shape: rows × columns. */
  samples(studyId: string): Promise<Uint16Array | FrameGrant | FrameRefusal>
}

export interface Redrive {
  /** Has a study screened again that the system failed over; resolves when that has begun, or cannot. */
  screenAgain(studyId: string): Promise<'begun' | 'not-failed' | 'file-gone' | 'folder-in-use' | 'by-operator'>
}

/** Joins images of one patient, within one house and by what one issuer calls the patient. */
export interface PriorSearch {
  /** @param studyId Of a row */
  priorsOf(studyId: string): Promise<Priors>
}

export interface Usage {
  /** Null where nothing is billed. */
  thisMonth(): Promise<MonthUsage | null>
}

export interface Uploads {
  /**
   * Where the bytes of a file may go; of one that goes in parts, where those go that are missing.
   * @throws {UploadRefusedError}
   */
  grant(request: UploadRequest): Promise<Upload>
  /** Null where there is no such upload. */
  find(uploadId: string): Promise<Upload | null>
  /**
   * Takes the bytes of a granted upload, on disk before it resolves, and has them screened.
   * @throws {UploadRefusedError}
   */
  receive(uploadId: string, body: AsyncIterable<Uint8Array>): Promise<Upload>
  /** Takes one part whole, on disk before it resolves, or nothing of it. @throws {UploadRefusedError} */
  receivePart(uploadId: string, number: number, body: AsyncIterable<Uint8Array>): Promise<void>
  /** Puts the parts together and has the file screened; asked again, it says how far that is. @throws {UploadRefusedError} */
  complete(uploadId: string): Promise<Upload>
  /** Forgets an upload, and what has come of it. @throws {UploadRefusedError} when it was taken whole already */
  cancel(uploadId: string): Promise<void>
}

export type UploadRefusal = 'broken-off' | 'parts-missing' | 'wrong-digest' | 'disk-full'

/** The bytes were not taken; the message says why, for the sender. */
export class UploadRefusedError extends Error {
  override readonly name = 'UploadRefusedError'
  readonly status: 404 | 409 | 413 | 507
  readonly code: UploadRefusal | undefined

  constructor(status: UploadRefusedError['status'], message: string, code?: UploadRefusal, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.code = code
  }
}

export interface Reviews {
  /** Oldest first. */
  list(studyId: string): Promise<readonly Review[]>
  /** Stores what a reader says, and has drawn, beside the result, never over anything. */
  add(
    row: WorklistRow,
    screeningKey: string | null,
    request: Omit<ReviewRequest, 'mask'>,
    mask: DrawnMask | null,
  ): Promise<Review>
  /** What a reader has drawn, as PNG; null where there is no such review, or none with a mask. */
  mask(studyId: string, reviewId: string): Promise<Uint8Array | null>
  /** Of every study, oldest first within each. */
  all(): Promise<readonly Review[]>
}

export interface UrgencyMarks {
  /** Stores that a reader marks a study as urgent, or no longer, beside earlier marks; its rows say so when it resolves. */
  add(studyId: string, request: UrgencyRequest): Promise<void>
}
