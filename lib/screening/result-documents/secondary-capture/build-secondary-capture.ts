import { codeItem, codes } from '../dicom-object/code.ts'
import type { DataSet } from '../dicom-object/data-set.ts'
import {
  bodyPart,
  commonModules,
  contentDateTime,
  type DerivedContext,
  legal,
  sourceReference,
} from '../dicom-object/derived-object.ts'
import { lossyModule } from '../dicom-object/lossy-module.ts'
import type { ColourPicture } from '../overlay/overlay-marks.ts'

/**
 * A marked picture that every PACS shows. Its marks are burned in, and it says so.
 * @see DICOM PS3.3 A.8.1, C.8.6
 */
export function buildSecondaryCapture(context: DerivedContext, { rows, columns, pixels }: ColourPicture): DataSet {
  const { identity } = context
  return {
    ...commonModules(context, 'secondary-capture'),
    ...contentDateTime(context),
    ...lossyModule(context),
    Modality: legal(identity.Modality, /^[A-Z]{2,16}$/) ?? 'OT',
    ConversionType: 'WSD',
    ContentQualification: 'RESEARCH',
    ImageType: ['DERIVED', 'SECONDARY'],
    BodyPartExamined: bodyPart(context),
    PatientOrientation: identity.PatientOrientation ?? '',
    BurnedInAnnotation: 'YES',
    DerivationDescription: 'Pneumothorax overlay by AI, not for diagnostic use',
    SourceImageSequence: [
      { ...sourceReference(context), PurposeOfReferenceCodeSequence: codeItem(codes.sourceImageForProcessing) },
    ],
    Rows: rows,
    Columns: columns,
    SamplesPerPixel: 3,
    PhotometricInterpretation: 'RGB',
    PlanarConfiguration: 0,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    PixelData: pixels,
  }
}
