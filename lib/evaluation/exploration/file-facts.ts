import * as z from 'zod'

const grey = z.object({
  /** Of the 8-bit picture that the models see. */
  mean: z.number(),
  standardDeviation: z.number(),
  /** Shares of 16 bins of 16 grey levels each. */
  histogram: z.array(z.number()).length(16),
})

const acquisition = z.object({
  format: z.string(),
  transferSyntaxUid: z.string().nullable(),
  sopClassUid: z.string().nullable(),
  modality: z.string().nullable(),
  bodyPartExamined: z.string().nullable(),
  viewPosition: z.string().nullable(),
  photometricInterpretation: z.string().nullable(),
  bitsStored: z.number(),
  ageYears: z.number().nullable(),
  sex: z.string().nullable(),
  manufacturer: z.string().nullable(),
  spacingMm: z.object({ row: z.number(), column: z.number(), origin: z.string() }).nullable(),
})

const fileFacts = z.object({
  /** Relative to the explored folder. */
  path: z.string(),
  sizeBytes: z.number(),
  modifiedMs: z.number(),
  key: z.string(),
  /** Digest of the content: equal for copies. Null when the file could not be read. */
  imageId: z.string().nullable(),
  /** A digest of PatientID: tells patients apart, names nobody. */
  patient: z.string().nullable(),
  /** Why the pipeline would refuse the file; null when it would not. */
  problem: z.object({ code: z.string(), detail: z.string() }).nullable(),
  warnings: z.array(z.string()),
  rows: z.number().nullable(),
  columns: z.number().nullable(),
  acquisition: acquisition.nullable(),
  /** Of the stored values, before any window. */
  stored: z
    .object({ minimum: z.number(), maximum: z.number(), mean: z.number(), standardDeviation: z.number() })
    .nullable(),
  grey: grey.nullable(),
})

/** What is known of one file: a line of file-facts.jsonl. */
export type FileFacts = z.infer<typeof fileFacts>
export type GreyStatistics = z.infer<typeof grey>

/** @returns null for a line that is torn or of another form */
export function parseFileFacts(line: string): FileFacts | null {
  try {
    return fileFacts.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}

/** Changes when the file does. */
export function versionOf(file: Pick<FileFacts, 'path' | 'sizeBytes' | 'modifiedMs'>): string {
  return `${file.path}\n${file.sizeBytes}\n${Math.round(file.modifiedMs)}`
}
