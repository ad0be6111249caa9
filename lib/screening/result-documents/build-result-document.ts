import { type DelineatedFinding, type Finding, isDelineated, type SuspectedFinding } from '../finding/finding.ts'
import { encodeRunLength } from '../finding/run-length.ts'
import type { DocumentKind } from '../kernel/document-kinds.ts'
import { rejectionReasons } from '../kernel/errors.ts'
import type { ImageSize } from '../kernel/geometry.ts'
import type { ImageId } from '../kernel/identifiers.ts'
import type { PreparedImage } from '../prepared-image/prepared-image.ts'
import type { AcquisitionFacts, PixelSpacing } from '../radiograph/radiograph.ts'
import { type Deidentification, describeDeidentification } from './deidentification/deidentification.ts'
import { maskName } from './mask/mask.ts'
import { type ModelReference, notice, type ResultDocument } from './result-document.ts'

export interface ResultContext {
  readonly imageId: ImageId
  readonly sizeBytes: number
  /** Null when not even the kind of the file could be told. */
  readonly facts: AcquisitionFacts | null
  /** Rows × columns as stored; null when the file was refused before they could be read. */
  readonly size: ImageSize | null
  /** Null when the file was refused. */
  readonly prepared: PreparedImage | null
  /** Null of a result that names its patient's study; set by `deidentify` alone. */
  readonly deidentification: Deidentification | null
  readonly requestedDocuments: readonly DocumentKind[]
  /** Names of what is written beside result.json. */
  readonly documents: readonly string[]
  readonly models: readonly ModelReference[]
  readonly screeningKey: string
  readonly softwareVersion: string
  readonly analysedAt: Date
  /** Unit: ms; rounded to a tenth in the document. */
  readonly timingsMs: Readonly<Record<string, number>>
}

export function buildResultDocument(finding: Finding, context: ResultContext): ResultDocument {
  const { facts, prepared } = context
  return {
    schemaVersion: 1,
    imageId: context.imageId,
    outcome: finding.outcome,
    reason:
      finding.outcome === 'not-analysed'
        ? { code: finding.code, detail: finding.detail, remedy: rejectionReasons[finding.code] }
        : null,
    discordant: finding.outcome === 'suspected' && finding.discordant,
    classification: finding.outcome === 'not-analysed' ? null : buildClassification(finding.classification),
    segmentation:
      isDelineated(finding) && facts && prepared
        ? buildSegmentation(finding, facts, prepared, context.documents.includes(maskName))
        : null,
    source: facts ? buildSource(facts, context.size, context.sizeBytes) : null,
    preparation: prepared ? buildPreparation(prepared) : null,
    deidentification: context.deidentification && describeDeidentification(context.deidentification),
    requestedDocuments: [...context.requestedDocuments],
    documents: [...context.documents],
    warnings: [...(prepared?.warnings ?? [])],
    screeningKey: context.screeningKey,
    models: context.models.map(({ task, id, version, sha256 }) => ({ task, id, version, sha256 })),
    software: { name: 'pleura', version: context.softwareVersion },
    analysedAt: context.analysedAt.toISOString(),
    timingsMs: roundAll(context.timingsMs),
    notice,
  }
}

/** The result with timings that were known only after it was built. Unit: ms; rounded to a tenth. */
export const withTimings = (result: ResultDocument, timingsMs: Readonly<Record<string, number>>): ResultDocument => ({
  ...result,
  timingsMs: roundAll(timingsMs),
})

function buildClassification(classification: SuspectedFinding['classification']): ResultDocument['classification'] {
  const { id, threshold, sensitivity, specificity } = classification.operatingPoint
  return {
    probability: classification.probability,
    operatingPoint: { id, threshold, sensitivity, specificity },
  }
}

function buildSegmentation(
  finding: DelineatedFinding,
  facts: AcquisitionFacts,
  prepared: PreparedImage,
  maskDelivered: boolean,
): ResultDocument['segmentation'] {
  const { delineation } = finding
  return {
    mask: maskDelivered ? maskName : null,
    maskThreshold: delineation.probabilityMap.maskThreshold,
    maskAreaPixels: delineation.areaPixels,
    areaMm2: delineation.areaMm2,
    areaPlane: areaPlaneOf(facts),
    side: delineation.side,
    sideBasis: sideBasisOf(facts),
    boundingBox: delineation.boundingBox,
    components: [...delineation.components],
    runLength: encodeRunLength(delineation.mask, prepared.source),
  }
}

export function sideBasisOf(facts: AcquisitionFacts): 'patient-orientation' | 'assumed-standard-display' | 'unknown' {
  if (facts.orientationUnusable) return 'unknown'
  return facts.patientOrientation ? 'patient-orientation' : 'assumed-standard-display'
}

/** The plane in which areas hold; null where there is no spacing to measure them by. */
export const areaPlaneOf = ({ pixelSpacing }: AcquisitionFacts): 'patient' | 'patient-estimated' | 'detector' | null =>
  pixelSpacing ? planes[pixelSpacing.origin] : null

const planes: Record<PixelSpacing['origin'], 'patient' | 'patient-estimated' | 'detector'> = {
  PixelSpacing: 'patient',
  'ImagerPixelSpacing/EstimatedRadiographicMagnificationFactor': 'patient-estimated',
  ImagerPixelSpacing: 'detector',
}

function buildSource(facts: AcquisitionFacts, size: ImageSize | null, sizeBytes: number): ResultDocument['source'] {
  const { pixelSpacing } = facts
  return {
    sizeBytes,
    format: facts.format,
    rows: size?.rows ?? null,
    columns: size?.columns ?? null,
    transferSyntaxUid: facts.transferSyntaxUid,
    photometricInterpretation: facts.photometricInterpretation,
    bitsStored: facts.bitsStored || null,
    sopClassUid: facts.sopClassUid,
    sopInstanceUid: facts.sopInstanceUid,
    studyInstanceUid: facts.studyInstanceUid,
    seriesInstanceUid: facts.seriesInstanceUid,
    modality: facts.modality,
    bodyPartExamined: facts.bodyPartExamined,
    viewPosition: facts.viewPosition,
    patientOrientation: facts.patientOrientation ? [...facts.patientOrientation] : null,
    pixelSpacingMm: pixelSpacing
      ? { row: pixelSpacing.rowMm, column: pixelSpacing.columnMm, origin: pixelSpacing.origin }
      : null,
    requestPriority: facts.requestPriority ?? null,
  }
}

function buildPreparation(prepared: PreparedImage): ResultDocument['preparation'] {
  const { origin, window } = prepared.greyLevels
  return {
    rows: prepared.rows,
    columns: prepared.columns,
    greyLevels: {
      origin,
      center: window?.center ?? null,
      width: window?.width ?? null,
      function: window?.function ?? null,
    },
  }
}

function roundAll(timings: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(timings).map(([stage, ms]) => [stage, Math.round(ms * 10) / 10]))
}
