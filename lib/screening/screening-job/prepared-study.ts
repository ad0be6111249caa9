import * as z from 'zod'
import type { ObjectStore, PixelCodecs } from '../kernel/ports.ts'
import type { PreparedImage } from '../prepared-image/prepared-image.ts'
import type { AcquisitionFacts } from '../radiograph/radiograph.ts'
import { requestPriorities } from '../radiograph/request-priority.ts'
import { identityKeywords, type SourceIdentity } from '../radiograph/source-identity.ts'
import { type Preparation, studyKeys } from './study-keys.ts'

const text = z.string().nullable()
const pixels = z.number().int().positive()

const facts = z.strictObject({
  format: z.enum(['dicom', 'png', 'jpeg']),
  transferSyntaxUid: text,
  sopClassUid: text,
  sopInstanceUid: text,
  studyInstanceUid: text,
  seriesInstanceUid: text,
  modality: text,
  bodyPartExamined: text,
  viewPosition: text,
  patientOrientation: z.tuple([z.string(), z.string()]).nullable(),
  orientationUnusable: z.boolean().default(false),
  photometricInterpretation: text,
  bitsAllocated: z.number().int(),
  bitsStored: z.number().int(),
  patientAgeYears: z.number().nullable(),
  patientSex: z.enum(['M', 'F', 'O']).nullable(),
  manufacturer: text,
  requestPriority: z.enum(requestPriorities).optional(),
  pixelSpacing: z
    .strictObject({
      rowMm: z.number().positive(),
      columnMm: z.number().positive(),
      origin: z.enum([
        'PixelSpacing',
        'ImagerPixelSpacing/EstimatedRadiographicMagnificationFactor',
        'ImagerPixelSpacing',
      ]),
    })
    .nullable(),
  rescale: z.strictObject({ slope: z.number(), intercept: z.number() }).nullable().default(null),
}) satisfies z.ZodType<AcquisitionFacts>

/** Values as the file's bytes, one character a byte. */
const identity = z.partialRecord(z.enum(identityKeywords), z.string())

const studyDocument = z.strictObject({
  schemaVersion: z.literal(1),
  sizeBytes: z.number().int().nonnegative(),
  facts,
  /** Only for a tenant whose documents carry it. */
  identity: identity.nullable().default(null),
  prepared: z.strictObject({
    rows: pixels,
    columns: pixels,
    source: z.strictObject({ rows: pixels, columns: pixels }),
    greyLevels: z.strictObject({
      origin: z.enum(['window', 'voi-lut', 'percentile', 'full-range']),
      window: z
        .strictObject({
          center: z.number(),
          width: z.number(),
          function: z.enum(['LINEAR', 'LINEAR_EXACT', 'SIGMOID']),
        })
        .nullable(),
    }),
    warnings: z.array(z.string()),
  }),
  timingsMs: z.record(z.string(), z.number().nonnegative()),
})

/** A prepared image with all that the second half of the pipeline has to know of its source. */
export interface PreparedStudy {
  readonly sizeBytes: number
  readonly facts: AcquisitionFacts
  /** Null when no document is to carry it, and for a PNG or JPEG. */
  readonly identity: SourceIdentity | null
  readonly prepared: PreparedImage
  readonly timingsMs: Readonly<Record<string, number>>
}

/** Writes image.png, then study.json: where study.json stands, both stand. The same image always has the same keys. */
export async function writePreparedStudy(
  store: ObjectStore,
  codecs: PixelCodecs,
  at: Preparation,
  study: PreparedStudy,
): Promise<void> {
  const { pixels: _, ...prepared } = study.prepared
  const png = await codecs.encodeGreyPng(study.prepared)
  await store.put(studyKeys.preparedImage(at), png, { contentType: 'image/png' })
  const document = studyDocument.parse({ schemaVersion: 1, ...study, prepared })
  await store.put(studyKeys.preparedStudy(at), new TextEncoder().encode(JSON.stringify(document)), {
    contentType: 'application/json',
  })
}

/** The two objects of a prepared study, still encoded. */
export interface StoredStudy {
  readonly document: Uint8Array
  readonly png: Uint8Array
}

/** @throws {ObjectNotFoundError} when the study was never prepared, or a lifecycle rule has deleted it */
export async function fetchPreparedStudy(store: ObjectStore, at: Preparation): Promise<StoredStudy> {
  const [document, png] = await Promise.all([
    store.get(studyKeys.preparedStudy(at)),
    store.get(studyKeys.preparedImage(at)),
  ])
  return { document, png }
}

/** @throws {Error} when the objects contradict each other: a defect */
export async function decodePreparedStudy({ document, png }: StoredStudy, codecs: PixelCodecs): Promise<PreparedStudy> {
  const { facts, identity, prepared, sizeBytes, timingsMs } = studyDocument.parse(
    JSON.parse(new TextDecoder().decode(document)),
  )
  const { rows, columns, values } = await codecs.decodeRaster(png)
  if (rows !== prepared.rows || columns !== prepared.columns || !(values instanceof Uint8Array)) {
    throw new Error(
      `the prepared image is ${rows} × ${columns}, study.json says ${prepared.rows} × ${prepared.columns}`,
    )
  }
  return { sizeBytes, facts, identity, prepared: { ...prepared, pixels: values }, timingsMs }
}
