import * as z from 'zod'
import { type RejectionCode, rejectionCodes } from '../kernel/errors.ts'
import { lanes, tenantId } from '../screening-job/tenant.ts'
import type { ResultDocument } from './result-document.ts'

const count = z.number().int().nonnegative()
const ms = z.number().nonnegative().nullable()

/** Values that the standard defines; whatever else a sender wrote is 'other', for it may be anything, a name too. */
const modalities = ['CR', 'DX', 'RG', 'RF', 'SC', 'OT', 'DR', 'XA', 'CT', 'MR', 'MG', 'US', 'IO', 'PX']
const viewPositions = ['PA', 'AP', 'LL', 'RL', 'LLD', 'RLD', 'LLO', 'RLO']
const photometricInterpretations = ['MONOCHROME1', 'MONOCHROME2', 'PALETTE COLOR', 'RGB', 'YBR_FULL', 'YBR_FULL_422']
const standardTransferSyntax = /^1\.2\.840\.10008\.1\.2(\.\d{1,4}){0,3}$/

/**
 * One result as a row of the results table: what is counted, and nothing that tells of whom. Without UIDs, dates of the
 * study, names of files and texts of the sender. Fields are added, never renamed.
 */
export const resultRow = z.strictObject({
  schema_version: z.literal(1),
  tenant: tenantId.describe('Partition: whose result it is'),
  day: z.iso.date().describe('Partition: the UTC day of analysed_at'),
  image_id: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .describe("Pleura's own name of the image: the first 32 digits of the SHA-256 of its bytes"),
  screening_key: z.string().describe('Digest of models, thresholds and policy: equal keys mean comparable results'),
  analysed_at: z.iso.datetime().describe('UTC; a TIMESTAMP without zone in the table'),
  superseded: z
    .boolean()
    .describe(
      'Another result of the image stands now. In the cloud a row says so only where it was not analysed and another was: queries use `standing`',
    ),
  replaces_earlier: z.boolean().describe('An earlier result of the image stood when this one was written'),
  outcome: z
    .enum(['suspected', 'not-suspected', 'not-analysed'])
    .describe("'not-analysed' says nothing about the patient and must never be counted as a negative"),
  reason: z
    .enum(rejectionCodes as [RejectionCode, ...RejectionCode[]])
    .nullable()
    .describe('Why it was not analysed; null when it was'),
  discordant: z.boolean().nullable().describe('Null when not analysed'),
  probability: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('Calibrated probability of pneumothorax; null when not analysed'),
  operating_point: z.string().nullable(),
  threshold: z.number().nullable(),
  delineated: z.boolean().describe('Whether a place is told: suspected, and not in triage mode'),
  mask_area_pixels: count.nullable(),
  area_mm2: z.number().nonnegative().nullable(),
  area_plane: z.enum(['patient', 'patient-estimated', 'detector']).nullable(),
  side: z.enum(['left', 'right', 'both']).nullable().describe("The patient's side"),
  regions: count.nullable(),
  format: z.enum(['dicom', 'png', 'jpeg']).nullable(),
  modality: z.string().nullable().describe("A defined term of DICOM, 'other', or null where the file does not say"),
  view_position: z
    .string()
    .nullable()
    .describe("A defined term of DICOM, 'other', or null where the file does not say"),
  photometric_interpretation: z.string().nullable().describe("A defined term, 'other', or null"),
  transfer_syntax_uid: z.string().nullable().describe("A transfer syntax of the standard, 'other', or null"),
  image_rows: count.nullable(),
  image_columns: count.nullable(),
  bits_stored: count.nullable(),
  size_bytes: count.nullable(),
  grey_levels: z.enum(['window', 'voi-lut', 'percentile', 'full-range']).nullable(),
  warnings: z.array(z.string()).describe('Codes of docs/dicom.md'),
  classifier_id: z.string().nullable(),
  classifier_version: z.string().nullable(),
  classifier_sha256: z.string().nullable(),
  segmenter_id: z.string().nullable(),
  segmenter_version: z.string().nullable(),
  segmenter_sha256: z.string().nullable(),
  software_version: z.string(),
  lane: z.enum(lanes).nullable().describe('Null on one machine, which has none'),
  cold: z.boolean().nullable().describe('First image of its worker; null on one machine'),
  estimated_cost_usd: z.number().nonnegative().nullable().describe('Null on one machine'),
  read_ms: ms,
  decode_ms: ms,
  prepare_ms: ms,
  classification_ms: ms,
  segmentation_ms: ms,
  measurement_ms: ms,
  documents_ms: ms,
  total_ms: ms,
})

export type ResultRow = z.infer<typeof resultRow>

/** What a row says beside its result. */
export interface RowContext {
  readonly tenant: string
  readonly superseded: boolean
  readonly replacesEarlier: boolean
  readonly lane?: ResultRow['lane']
  readonly cold?: boolean | null
  readonly estimatedCostUsd?: number | null
}

export function buildResultRow(result: ResultDocument, context: RowContext): ResultRow {
  const { classification, segmentation, source, preparation, timingsMs } = result
  const classifier = result.models.find(({ task }) => task === 'classification')
  const segmenter = result.models.find(({ task }) => task === 'segmentation')
  const analysed = result.outcome !== 'not-analysed'
  return {
    schema_version: 1,
    tenant: context.tenant,
    day: result.analysedAt.slice(0, 10),
    image_id: result.imageId,
    screening_key: result.screeningKey,
    analysed_at: result.analysedAt,
    superseded: context.superseded,
    replaces_earlier: context.replacesEarlier,
    outcome: result.outcome,
    reason: result.reason?.code ?? null,
    discordant: analysed ? result.discordant : null,
    probability: analysed ? (classification?.probability ?? null) : null,
    operating_point: classification?.operatingPoint.id ?? null,
    threshold: classification?.operatingPoint.threshold ?? null,
    delineated: segmentation !== null,
    mask_area_pixels: segmentation?.maskAreaPixels ?? null,
    area_mm2: segmentation?.areaMm2 ?? null,
    area_plane: segmentation?.areaPlane ?? null,
    side: segmentation?.side ?? null,
    regions: segmentation?.components.length ?? null,
    format: source?.format ?? null,
    modality: termOf(source?.modality, modalities),
    view_position: termOf(source?.viewPosition, viewPositions),
    photometric_interpretation: termOf(source?.photometricInterpretation, photometricInterpretations),
    transfer_syntax_uid: transferSyntaxOf(source?.transferSyntaxUid),
    image_rows: source?.rows ?? null,
    image_columns: source?.columns ?? null,
    bits_stored: source?.bitsStored ?? null,
    size_bytes: source?.sizeBytes ?? null,
    grey_levels: preparation?.greyLevels.origin ?? null,
    warnings: result.warnings.filter((code) => /^[a-z0-9-]{1,60}$/.test(code)),
    classifier_id: classifier?.id ?? null,
    classifier_version: classifier?.version ?? null,
    classifier_sha256: classifier?.sha256 ?? null,
    segmenter_id: segmenter?.id ?? null,
    segmenter_version: segmenter?.version ?? null,
    segmenter_sha256: segmenter?.sha256 ?? null,
    software_version: result.software.version,
    lane: context.lane ?? null,
    cold: context.cold ?? null,
    estimated_cost_usd: context.estimatedCostUsd ?? null,
    read_ms: timingsMs.read ?? null,
    decode_ms: timingsMs.decode ?? null,
    prepare_ms: timingsMs.prepare ?? null,
    classification_ms: timingsMs.classification ?? null,
    segmentation_ms: timingsMs.segmentation ?? null,
    measurement_ms: timingsMs.measurement ?? null,
    documents_ms: timingsMs.documents ?? null,
    total_ms: timingsMs.total ?? timingsMs.machine ?? null,
  }
}

function termOf(value: string | null | undefined, defined: readonly string[]): string | null {
  if (value === null || value === undefined || value.trim() === '') return null
  const term = value.trim().toUpperCase()
  return defined.includes(term) ? term : 'other'
}

function transferSyntaxOf(uid: string | null | undefined): string | null {
  if (uid === null || uid === undefined) return null
  return standardTransferSyntax.test(uid) ? uid : 'other'
}
