import { encodeRunLength } from '../../lib/screening/finding/run-length.ts'
import { sha256Hex } from '../../lib/screening/kernel/identifiers.ts'
import type { ObjectStore, PixelCodecs } from '../../lib/screening/kernel/ports.ts'
import { notice, type ResultDocument, resultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { writeResultOnce } from '../../lib/screening/result-documents/write-result.ts'
import { monthOf, studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import type { UsageReceipt } from '../../lib/screening/usage/usage-receipt.ts'
import { buildUsageReceipt } from '../cli/build-usage-receipt.ts'

export const tenant = 'north'
export const analysedAt = '2026-11-23T10:00:00.000Z'
export const size = { rows: 8, columns: 6 }

/** 0/1, four pixels set. Shape: rows × columns. */
export const mask = Uint8Array.from({ length: size.rows * size.columns }, (_, index) =>
  Number(index >= 8 && index < 12),
)

export function buildSuspectedResult(imageId: string, changes: Partial<ResultDocument> = {}): ResultDocument {
  const boundingBox = { row: 1, column: 2, rows: 1, columns: 4 }
  return resultDocument.parse({
    schemaVersion: 1,
    imageId,
    outcome: 'suspected',
    reason: null,
    discordant: false,
    classification: {
      probability: 0.9,
      operatingPoint: { id: 'screening', threshold: 0.5, sensitivity: 0.9, specificity: 0.8 },
    },
    segmentation: {
      mask: 'mask.png',
      maskThreshold: 0.5,
      maskAreaPixels: 4,
      areaMm2: null,
      areaPlane: null,
      side: 'right',
      sideBasis: 'patient-orientation',
      boundingBox,
      components: [{ areaPixels: 4, areaMm2: null, boundingBox, side: 'right' }],
      runLength: encodeRunLength(mask, size),
    },
    source: {
      sizeBytes: 100,
      format: 'dicom',
      ...size,
      transferSyntaxUid: null,
      photometricInterpretation: 'MONOCHROME2',
      bitsStored: 12,
      sopClassUid: null,
      sopInstanceUid: null,
      studyInstanceUid: null,
      seriesInstanceUid: null,
      modality: 'DX',
      bodyPartExamined: 'CHEST',
      viewPosition: 'PA',
      patientOrientation: null,
      pixelSpacingMm: null,
    },
    preparation: null,
    warnings: [],
    screeningKey: sha256Hex('screening'),
    models: [],
    software: { name: 'pleura', version: '0.1.0' },
    analysedAt,
    timingsMs: { decode: 90, classification: 40, segmentation: 210 },
    notice,
    ...changes,
  })
}

export const resultPrefixOf = ({ imageId, screeningKey }: ResultDocument): string =>
  studyKeys.resultPrefix(tenant, imageId, screeningKey)

export async function writeUsage(
  store: ObjectStore,
  result: ResultDocument,
  changes: Partial<UsageReceipt> = {},
): Promise<void> {
  const { imageId, screeningKey } = result
  const receipt = buildUsageReceipt(1, { imageId, screeningKey, outcome: 'suspected', cold: true, ...changes })
  const key = studyKeys.usageReceipt(tenant, monthOf(Date.parse(result.analysedAt)), imageId, screeningKey)
  await store.put(key, new TextEncoder().encode(JSON.stringify(receipt)))
}

/** What the worker leaves of an image it suspects, in the worker's order. */
export async function writeSuspected(
  store: ObjectStore,
  codecs: PixelCodecs,
  result: ResultDocument,
  pixels = mask,
): Promise<void> {
  const body = await codecs.encodeGreyPng({ ...size, pixels: pixels.map((value) => value * 255) })
  await writeResultOnce(store, resultPrefixOf(result), result, [{ name: 'mask.png', mediaType: 'image/png', body }])
}
