import type { SuspectedFinding } from '../../finding/finding.ts'
import type { ImageSize } from '../../kernel/geometry.ts'
import type { AcquisitionFacts, Window } from '../../radiograph/radiograph.ts'
import type { DataSet } from '../dicom-object/data-set.ts'
import { decimal } from '../dicom-object/decimal.ts'
import {
  bodyPart,
  commonModules,
  type DerivedContext,
  localDateTime,
  manufacturer,
  sourceReference,
  sourceUid,
} from '../dicom-object/derived-object.ts'
import { coordinatesOf, type Outline } from '../mask-outlines.ts'

export interface PresentationSource {
  readonly context: DerivedContext
  readonly finding: SuspectedFinding
  readonly outlines: readonly Outline[]
  readonly size: ImageSize
  readonly rescale: NonNullable<AcquisitionFacts['rescale']>
  /** In output units of the rescale. */
  readonly window: Window
  /** Whether high stored values are shown dark. */
  readonly inverted: boolean
}

/**
 * The mask's outline over the source in the grey levels that it was screened in, for a PACS that shows presentation
 * states.
 * @see DICOM PS3.3 A.33.1, C.10.5, C.11
 */
export function buildPresentationState(source: PresentationSource): DataSet {
  const { context, finding, outlines, size, rescale, window, inverted } = source
  const { date, time } = localDateTime(context)
  const reference = { ReferencedImageSequence: [sourceReference(context)] }
  // PIXEL coordinates begin at 0\0, the top left corner of the first pixel, as an outline's do. @see PS3.3 C.10.5.1.2
  const rings = outlines.flat().map(coordinatesOf)
  return {
    ...commonModules(context, 'presentation-state'),
    BodyPartExamined: bodyPart(context),
    ContentLabel: 'PNEUMOTHORAX',
    ContentDescription: 'AI, not for diagnostic use',
    ContentCreatorName: `${manufacturer}^`,
    PresentationCreationDate: date,
    PresentationCreationTime: time,
    ReferencedSeriesSequence: [{ SeriesInstanceUID: sourceUid(context, 'SeriesInstanceUID'), ...reference }],
    GraphicLayerSequence: [{ GraphicLayer: 'AI', GraphicLayerOrder: 1 }],
    GraphicAnnotationSequence: [
      {
        ...reference,
        GraphicLayer: 'AI',
        GraphicObjectSequence: rings.map((points) => ({
          GraphicAnnotationUnits: 'PIXEL',
          GraphicDimensions: 2,
          NumberOfGraphicPoints: points.length / 2,
          GraphicData: points,
          GraphicType: 'POLYLINE',
          GraphicFilled: 'N',
        })),
        TextObjectSequence: [
          {
            AnchorPointAnnotationUnits: 'PIXEL',
            AnchorPoint: rings[0].slice(0, 2),
            AnchorPointVisibility: 'N',
            UnformattedTextValue: `AI: pneumothorax suspected, probability ${finding.classification.probability.toFixed(2)}. Not for diagnostic use.`,
          },
        ],
      },
    ],
    DisplayedAreaSelectionSequence: [
      {
        ...reference,
        DisplayedAreaTopLeftHandCorner: [1, 1],
        DisplayedAreaBottomRightHandCorner: [size.columns, size.rows],
        PresentationSizeMode: 'SCALE TO FIT',
        PresentationPixelAspectRatio: ['1', '1'],
      },
    ],
    RescaleIntercept: decimal(rescale.intercept),
    RescaleSlope: decimal(rescale.slope),
    RescaleType: 'US',
    SoftcopyVOILUTSequence: [
      {
        WindowCenter: decimal(window.center),
        WindowWidth: decimal(window.width),
        VOILUTFunction: window.function,
      },
    ],
    PresentationLUTShape: inverted ? 'INVERSE' : 'IDENTITY',
  }
}
