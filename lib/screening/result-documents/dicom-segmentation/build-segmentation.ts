import type { DelineatedFinding } from '../../finding/finding.ts'
import { codeItem, codes } from '../dicom-object/code.ts'
import type { DataSet } from '../dicom-object/data-set.ts'
import { decimal } from '../dicom-object/decimal.ts'
import { deriveUid } from '../dicom-object/derive-uid.ts'
import {
  commonModules,
  contentDateTime,
  type DerivedContext,
  manufacturer,
  sourceReference,
  sourceUid,
  trackingId,
  trackingUid,
} from '../dicom-object/derived-object.ts'
import { lossyModule } from '../dicom-object/lossy-module.ts'

/** Orange, the colour of the overlay, as scaled CIELab. @see DICOM PS3.3 C.10.7.1.1 */
const orange = [46720, 38284, 50200]

/**
 * The mask as a DICOM Segmentation: BINARY, one segment, the source's rows × columns.
 * A radiograph has no frame of reference; pixel measures, orientation and position are written all the same, because
 * viewers show nothing without them. Where the spacing is unknown they say 1 × 1 mm, which must not be measured by.
 * @see DICOM PS3.3 A.51, C.8.20
 */
export function buildSegmentation(context: DerivedContext, { delineation }: DelineatedFinding): DataSet {
  const { size, spacing, softwareVersion } = context
  if (!size) throw new TypeError('a mask has a size')
  const organization = deriveUid('dimension', sourceUid(context, 'SOPInstanceUID'), context.screeningKey)
  const segmenter = context.models.find(({ task }) => task === 'segmentation') ?? context.models[0]
  return {
    ...commonModules(context, 'segmentation'),
    ...contentDateTime(context),
    ...lossyModule(context),
    ImageType: ['DERIVED', 'PRIMARY'],
    ContentLabel: 'PNEUMOTHORAX',
    ContentDescription: 'AI, not for diagnostic use',
    ContentCreatorName: `${manufacturer}^`,
    ContentQualification: 'RESEARCH',
    PatientOrientation: context.identity.PatientOrientation ?? '',
    SegmentationType: 'BINARY',
    SegmentsOverlap: 'NO',
    Rows: size.rows,
    Columns: size.columns,
    NumberOfFrames: 1,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    PixelRepresentation: 0,
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: organization }],
    DimensionIndexSequence: [
      {
        DimensionOrganizationUID: organization,
        DimensionIndexPointer: 0x0062000b,
        FunctionalGroupPointer: 0x0062000a,
        DimensionDescriptionLabel: 'ReferencedSegmentNumber',
      },
    ],
    ReferencedSeriesSequence: [
      {
        SeriesInstanceUID: sourceUid(context, 'SeriesInstanceUID'),
        ReferencedInstanceSequence: [sourceReference(context)],
      },
    ],
    SegmentSequence: [
      {
        SegmentNumber: 1,
        SegmentLabel: 'Pneumothorax (AI)',
        SegmentDescription: 'Suspected air in the pleural space, unverified, not for diagnostic use',
        SegmentAlgorithmType: 'AUTOMATIC',
        SegmentAlgorithmName: `${manufacturer} ${softwareVersion}`,
        RecommendedDisplayCIELabValue: orange,
        SegmentedPropertyCategoryCodeSequence: codeItem(codes.morphologicallyAbnormalStructure),
        SegmentedPropertyTypeCodeSequence: codeItem(codes.pneumothorax),
        AnatomicRegionSequence: codeItem(codes.thoracicCavity),
        TrackingID: trackingId(0),
        TrackingUID: trackingUid(context, 0),
        SegmentationAlgorithmIdentificationSequence: [
          {
            AlgorithmFamilyCodeSequence: codeItem(codes.artificialIntelligence),
            AlgorithmName: segmenter.id,
            AlgorithmVersion: segmenter.version,
            AlgorithmParameters: `SHA-256 ${segmenter.sha256}`,
            AlgorithmSource: manufacturer,
          },
        ],
      },
    ],
    SharedFunctionalGroupsSequence: [
      {
        PixelMeasuresSequence: [
          {
            PixelSpacing: [decimal(spacing?.rowMm ?? 1), decimal(spacing?.columnMm ?? 1)],
            SliceThickness: '1',
          },
        ],
        PlaneOrientationSequence: [{ ImageOrientationPatient: ['1', '0', '0', '0', '1', '0'] }],
      },
    ],
    PerFrameFunctionalGroupsSequence: [
      {
        FrameContentSequence: [{ DimensionIndexValues: 1 }],
        PlanePositionSequence: [{ ImagePositionPatient: ['0', '0', '0'] }],
        SegmentIdentificationSequence: [{ ReferencedSegmentNumber: 1 }],
        DerivationImageSequence: [
          {
            DerivationCodeSequence: codeItem(codes.segmentation),
            SourceImageSequence: [
              {
                ...sourceReference(context),
                SpatialLocationsPreserved: 'YES',
                PurposeOfReferenceCodeSequence: codeItem(codes.sourceImageForProcessing),
              },
            ],
          },
        ],
      },
    ],
    PixelData: packBits(delineation.mask),
  }
}

/** One bit a pixel, the first pixel in the lowest bit. @see DICOM PS3.5 8.1.1 */
export function packBits(mask: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 * Math.ceil(mask.length / 16))
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) bytes[i >> 3] |= 1 << (i & 7)
  return bytes
}
