import type { Finding, SuspectedFinding } from '../finding/finding.ts'
import { encodeRunLength } from '../finding/run-length.ts'
import { rejectionReasons } from '../kernel/errors.ts'
import type { ImageId } from '../kernel/identifiers.ts'
import type { PreparedImage } from '../prepared-image/prepared-image.ts'
import type { AcquisitionFacts, PixelSpacing } from '../radiograph/radiograph.ts'
import { type ModelReference, notice, type ResultDocument } from './result-document.ts'

export interface ResultContext {
  readonly imageId: ImageId
  readonly sizeBytes: number
  /** Null when the file was rejected before it could be prepared. */
  readonly facts: AcquisitionFacts | null
  readonly prepared: PreparedImage | null
  /** Whether mask.png is written beside the document. */
  readonly maskDelivered: boolean
  readonly models: readonly ModelReference[]
  readonly screeningKey: string
  readonly softwareVersion: string
  readonly analysedAt: Date
  /** Rounded to a tenth in the document. */
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
      finding.outcome === 'suspected' && facts && prepared
        ? buildSegmentation(finding, facts, prepared, context.maskDelivered)
        : null,
    source: facts && prepared ? buildSource(facts, prepared, context.sizeBytes) : null,
    preparation: prepared ? buildPreparation(prepared) : null,
    warnings: [...(prepared?.warnings ?? [])],
    screeningKey: context.screeningKey,
    models: context.models.map(({ task, id, version, sha256 }) => ({ task, id, version, sha256 })),
    software: { name: 'pleura', version: context.softwareVersion },
    analysedAt: context.analysedAt.toISOString(),
    timingsMs: roundAll(context.timingsMs),
    notice,
  }
}

function buildClassification(classification: SuspectedFinding['classification']): ResultDocument['classification'] {
  const { id, threshold, sensitivity, specificity } = classification.operatingPoint
  return {
    probability: classification.probability,
    operatingPoint: { id, threshold, sensitivity, specificity },
  }
}

function buildSegmentation(
  finding: SuspectedFinding,
  facts: AcquisitionFacts,
  prepared: PreparedImage,
  maskDelivered: boolean,
): ResultDocument['segmentation'] {
  const { delineation } = finding
  return {
    mask: maskDelivered ? 'mask.png' : null,
    maskThreshold: delineation.probabilityMap.maskThreshold,
    maskAreaPixels: delineation.areaPixels,
    areaMm2: delineation.areaMm2,
    areaPlane: facts.pixelSpacing ? planes[facts.pixelSpacing.origin] : null,
    side: delineation.side,
    sideBasis: sideBasisOf(facts),
    boundingBox: delineation.boundingBox,
    components: [...delineation.components],
    runLength: encodeRunLength(delineation.mask, prepared.source),
  }
}

function sideBasisOf(facts: AcquisitionFacts): 'patient-orientation' | 'assumed-standard-display' | 'unknown' {
  if (facts.orientationUnusable) return 'unknown'
  return facts.patientOrientation ? 'patient-orientation' : 'assumed-standard-display'
}

const planes: Record<PixelSpacing['origin'], 'patient' | 'patient-estimated' | 'detector'> = {
  PixelSpacing: 'patient',
  'ImagerPixelSpacing/EstimatedRadiographicMagnificationFactor': 'patient-estimated',
  ImagerPixelSpacing: 'detector',
}

function buildSource(facts: AcquisitionFacts, prepared: PreparedImage, sizeBytes: number): ResultDocument['source'] {
  const { pixelSpacing } = facts
  return {
    sizeBytes,
    format: facts.format,
    rows: prepared.source.rows,
    columns: prepared.source.columns,
    transferSyntaxUid: facts.transferSyntaxUid,
    photometricInterpretation: facts.photometricInterpretation,
    bitsStored: facts.bitsStored,
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
