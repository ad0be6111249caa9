import * as z from 'zod'
import { documentKinds } from '../kernel/document-kinds.ts'
import { type RejectionCode, rejectionCodes } from '../kernel/errors.ts'
import { requestPriorities } from '../radiograph/request-priority.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const pixels = z.number().int().nonnegative()
const milliseconds = z.number().nonnegative()
const boundingBox = z.strictObject({ row: pixels, column: pixels, rows: pixels, columns: pixels })

const model = z.strictObject({
  task: z.enum(['classification', 'segmentation']),
  id: z.string(),
  version: z.string(),
  sha256,
})

const source = z.strictObject({
  sizeBytes: pixels,
  format: z.enum(['dicom', 'png', 'jpeg']),
  rows: pixels.nullable(),
  columns: pixels.nullable(),
  transferSyntaxUid: z.string().nullable(),
  photometricInterpretation: z.string().nullable(),
  bitsStored: pixels.nullable(),
  sopClassUid: z.string().nullable(),
  sopInstanceUid: z.string().nullable(),
  studyInstanceUid: z.string().nullable(),
  seriesInstanceUid: z.string().nullable(),
  modality: z.string().nullable(),
  bodyPartExamined: z.string().nullable(),
  viewPosition: z.string().nullable(),
  patientOrientation: z.array(z.string()).length(2).nullable(),
  pixelSpacingMm: z.strictObject({ row: z.number(), column: z.number(), origin: z.string() }).nullable(),
  requestPriority: z
    .enum(requestPriorities)
    .nullable()
    .default(null)
    .describe('How urgent the order says it is; null where it says nothing that is understood'),
})

const classification = z.strictObject({
  probability: z.number().min(0).max(1).describe('Calibrated probability of pneumothorax'),
  operatingPoint: z.strictObject({
    id: z.string(),
    threshold: z.number(),
    sensitivity: z.number(),
    specificity: z.number(),
  }),
})

const segmentation = z.strictObject({
  mask: z
    .enum(['mask.png'])
    .nullable()
    .describe('8-bit PNG in the geometry of the source: 255 air, 0 elsewhere; null when none is delivered'),
  maskThreshold: z.number(),
  maskAreaPixels: pixels,
  areaMm2: z.number().nonnegative().nullable(),
  areaPlane: z
    .enum(['patient', 'patient-estimated', 'detector'])
    .nullable()
    .describe('The plane in which the spacing holds; areas at the detector are magnified'),
  side: z.enum(['left', 'right', 'both']).nullable().describe("The patient's side"),
  sideBasis: z
    .enum(['patient-orientation', 'assumed-standard-display', 'unknown'])
    .describe('unknown: PatientOrientation is there and cannot be understood; then no side is told'),
  boundingBox: boundingBox.nullable(),
  components: z.array(
    z.strictObject({
      areaPixels: pixels,
      areaMm2: z.number().nonnegative().nullable(),
      boundingBox,
      side: z.enum(['left', 'right']).nullable(),
    }),
  ),
  runLength: z.string().describe('SIIM-ACR run-length code of the mask: relative starts, column-major, -1 when empty'),
})

/** result.json: everything that is known of one image after screening. Versioned; fields are added, never renamed. */
export const resultDocument = z.strictObject({
  schemaVersion: z.literal(1),
  imageId: z.string().regex(/^[0-9a-f]{32}$/),
  outcome: z
    .enum(['suspected', 'not-suspected', 'not-analysed'])
    .describe("'not-analysed' says nothing about the patient and must never be shown as a negative"),
  reason: z
    .strictObject({
      code: z.enum(rejectionCodes as [RejectionCode, ...RejectionCode[]]),
      detail: z.string(),
      remedy: z.string(),
    })
    .nullable()
    .describe('Why the image was not analysed; null when it was'),
  discordant: z.boolean().describe('The classifier suspects pneumothorax but the segmenter delineates none'),
  classification: classification.nullable(),
  segmentation: segmentation.nullable().describe('Null unless suspected, and in triage mode, which tells no place'),
  source: source
    .nullable()
    .describe('What the file says of itself, also when it was refused; null when not even its kind could be told'),
  preparation: z
    .strictObject({
      rows: pixels,
      columns: pixels,
      greyLevels: z.strictObject({
        origin: z.enum(['window', 'voi-lut', 'percentile', 'full-range']),
        center: z.number().nullable(),
        width: z.number().nullable(),
        function: z.enum(['LINEAR', 'LINEAR_EXACT', 'SIGMOID']).nullable(),
      }),
    })
    .nullable(),
  deidentification: z
    .strictObject({
      method: z.array(z.string()),
      methodCodes: z.array(z.string()).describe('DICOM PS3.16 CID 7050'),
      burnedInAnnotation: z
        .enum(['YES', 'NO', 'UNKNOWN'])
        .describe('What the source says of text in its pixels, which are not cleaned'),
    })
    .nullable()
    .default(null)
    .describe('How identity was removed; null where it was not: UIDs are then those of the study'),
  requestedDocuments: z
    .array(z.enum(documentKinds))
    .default(['mask', 'overlay'])
    .describe('What was asked for; an image has those that its outcome allows'),
  documents: z.array(z.string()).default([]).describe('Names of the objects that stand beside this one'),
  warnings: z.array(z.string()),
  screeningKey: sha256.describe('Digest of models, thresholds and policy: equal keys mean comparable results'),
  models: z.array(model),
  software: z.strictObject({ name: z.literal('pleura'), version: z.string() }),
  analysedAt: z.iso.datetime(),
  timingsMs: z.record(z.string(), milliseconds),
  notice: z.string(),
})

export type ResultDocument = z.infer<typeof resultDocument>
export type ModelReference = z.infer<typeof model>

export const notice =
  'For research and prioritisation only. Not for diagnostic use. Not a medical device. A radiologist reads every image.'
