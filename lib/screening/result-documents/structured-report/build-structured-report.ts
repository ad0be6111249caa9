import { type Finding, isDelineated, type SuspectedFinding } from '../../finding/finding.ts'
import { type Code, codeItem, codes } from '../dicom-object/code.ts'
import type { DataSet } from '../dicom-object/data-set.ts'
import { deriveUid } from '../dicom-object/derive-uid.ts'
import {
  commonModules,
  contentDateTime,
  type DerivedContext,
  derivedUid,
  manufacturer,
  predecessorUids,
  sopClasses,
  sourceReference,
  sourceUid,
} from '../dicom-object/derived-object.ts'
import type { Outline } from '../mask-outlines.ts'
import { type ContentItem, code, container, image, text, uidReference } from './content-item.ts'
import { imageGroup, regionGroups } from './measurement-groups.ts'

/**
 * What was looked for and what was found, as Comprehensive 3D SR by TID 1500. Every study gets one, which says that
 * pneumothorax is present, or absent, or that the image was not analysed: that is neither, in code and in words.
 * @param outlines Of the mask, in the source's pixels; empty when there is no mask.
 * @see DICOM PS3.3 A.35.13, PS3.16 TID 1500; IHE Radiology, AI Results
 */
export function buildStructuredReport(
  context: DerivedContext,
  finding: Finding,
  outlines: readonly Outline[],
): DataSet {
  const hasSegmentation = context.segmentationRequested && finding.outcome === 'suspected' && outlines.length > 0
  return {
    ...commonModules(context, 'structured-report'),
    ...contentDateTime(context),
    CompletionFlag: 'COMPLETE',
    VerificationFlag: 'UNVERIFIED',
    PreliminaryFlag: 'PRELIMINARY',
    ReferencedPerformedProcedureStepSequence: [],
    PerformedProcedureCodeSequence: [],
    ReferencedRequestSequence: requestOf(context),
    PredecessorDocumentsSequence: predecessor(context),
    CurrentRequestedProcedureEvidenceSequence: [evidence(context, hasSegmentation)],
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: codeItem(codes.imagingMeasurementReport),
    ContinuityOfContent: 'SEPARATE',
    ContentTemplateSequence: [{ MappingResource: 'DCMR', TemplateIdentifier: '1500' }],
    ContentSequence: [
      ...observationContext(context),
      code('HAS CONCEPT MOD', codes.procedureReported, codes.imagingProcedure),
      container(codes.imageLibrary, [
        container(codes.imageLibraryGroup, [image('CONTAINS', codes.source, sourceReference(context))]),
      ]),
      ...measurements(context, finding, outlines),
      container(codes.qualitativeEvaluations, evaluations(finding)),
    ],
  }
}

function observationContext(context: DerivedContext): ContentItem[] {
  const models = context.models.map(({ id, version }) => `${id} ${version}`).join(', ')
  return [
    code('HAS CONCEPT MOD', codes.languageOfContent, codes.english),
    code('HAS OBS CONTEXT', codes.observerType, codes.device),
    uidReference('HAS OBS CONTEXT', codes.deviceObserverUid, deriveUid('device', context.screeningKey)),
    text('HAS OBS CONTEXT', codes.deviceObserverName, `${manufacturer} ${context.softwareVersion}`),
    text('HAS OBS CONTEXT', codes.deviceObserverManufacturer, manufacturer),
    text('HAS OBS CONTEXT', codes.deviceObserverModelName, models),
  ]
}

function measurements(context: DerivedContext, finding: Finding, outlines: readonly Outline[]): ContentItem[] {
  if (finding.outcome === 'not-analysed') return []
  const groups =
    isDelineated(finding) && outlines.length > 0
      ? regionGroups(context, finding, outlines)
      : [imageGroup(context, finding)]
  return [container(codes.imagingMeasurements, groups)]
}

/** The finding as a code, whether the analysis succeeded, and both in words. */
function evaluations(finding: Finding): ContentItem[] {
  if (finding.outcome === 'not-analysed') {
    return [
      code('CONTAINS', codes.summaryOfDetections, codes.notAttempted),
      text(
        'CONTAINS',
        codes.comment,
        `NOT ANALYSED (${finding.code}): nothing is known of pneumothorax in this image. Read it without this result.`,
      ),
    ]
  }
  return [
    code('CONTAINS', codes.pneumothorax, presence(finding)),
    code('CONTAINS', codes.summaryOfDetections, codes.succeeded),
    text('CONTAINS', codes.comment, comment(finding)),
  ]
}

const presence = ({ outcome }: { readonly outcome: 'suspected' | 'not-suspected' }): Code =>
  outcome === 'suspected' ? codes.present : codes.absent

function comment(finding: Exclude<Finding, { outcome: 'not-analysed' }>): string {
  const { probability, operatingPoint } = finding.classification
  const against = `probability ${probability.toFixed(3)}, suspected from ${operatingPoint.threshold.toFixed(3)} on`
  const found = {
    suspected: 'Pneumothorax suspected',
    'not-suspected': 'Pneumothorax not suspected, which does not rule it out',
  }[finding.outcome]
  return `${found}${isDiscordant(finding) ? ', no region delineated: look with care' : ''}: ${against}. Computer result, unverified, not for diagnostic use.`
}

const isDiscordant = (finding: Finding): finding is SuspectedFinding =>
  finding.outcome === 'suspected' && finding.discordant

/**
 * The order that the source belongs to, so that the report can be matched to its worklist entry. @see DICOM PS3.3
 * C.17.2
 */
function requestOf({ identity, ...context }: DerivedContext): readonly DataSet[] | undefined {
  const {
    AccessionNumber,
    RequestedProcedureID,
    RequestedProcedureDescription,
    PlacerOrderNumberImagingServiceRequest,
    FillerOrderNumberImagingServiceRequest,
  } = identity
  if (!AccessionNumber && !RequestedProcedureID && !PlacerOrderNumberImagingServiceRequest) return undefined
  return [
    {
      StudyInstanceUID: sourceUid({ identity, ...context }, 'StudyInstanceUID'),
      ReferencedStudySequence: [],
      AccessionNumber: AccessionNumber ?? '',
      PlacerOrderNumberImagingServiceRequest: PlacerOrderNumberImagingServiceRequest ?? '',
      FillerOrderNumberImagingServiceRequest: FillerOrderNumberImagingServiceRequest ?? '',
      RequestedProcedureID: RequestedProcedureID ?? '',
      RequestedProcedureDescription: RequestedProcedureDescription ?? '',
      RequestedProcedureCodeSequence: [],
    },
  ]
}

function predecessor(context: DerivedContext): readonly DataSet[] | undefined {
  const before = predecessorUids(context, 'structured-report')
  if (!before) return undefined
  return [
    {
      StudyInstanceUID: sourceUid(context, 'StudyInstanceUID'),
      ReferencedSeriesSequence: [
        {
          SeriesInstanceUID: before.series,
          ReferencedSOPSequence: [
            { ReferencedSOPClassUID: sopClasses['structured-report'], ReferencedSOPInstanceUID: before.instance },
          ],
        },
      ],
    },
  ]
}

function evidence(context: DerivedContext, hasSegmentation: boolean): DataSet {
  const source = {
    SeriesInstanceUID: sourceUid(context, 'SeriesInstanceUID'),
    ReferencedSOPSequence: [sourceReference(context)],
  }
  const segmentation = {
    SeriesInstanceUID: derivedUid(context, 'segmentation', 'series'),
    ReferencedSOPSequence: [
      {
        ReferencedSOPClassUID: sopClasses.segmentation,
        ReferencedSOPInstanceUID: derivedUid(context, 'segmentation', 'instance'),
      },
    ],
  }
  return {
    StudyInstanceUID: sourceUid(context, 'StudyInstanceUID'),
    ReferencedSeriesSequence: hasSegmentation ? [source, segmentation] : [source],
  }
}
