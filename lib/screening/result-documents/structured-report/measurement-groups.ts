import type { DelineatedFinding, MaskComponent, NotSuspectedFinding, SuspectedFinding } from '../../finding/finding.ts'
import type { ImageSize } from '../../kernel/geometry.ts'
import { type Code, codes } from '../dicom-object/code.ts'
import { decimal } from '../dicom-object/decimal.ts'
import {
  type DerivedContext,
  derivedUid,
  sopClasses,
  sourceReference,
  trackingId,
  trackingUid,
} from '../dicom-object/derived-object.ts'
import { coordinatesOf, enclosedArea, type Outline } from '../mask-outlines.ts'
import { type ContentItem, code, container, coordinates, image, number, text, uidReference } from './content-item.ts'

/** The report describes the largest regions, as many as a reader looks at one by one; the segmentation holds all. */
const maximumDescribedRegions = 8

/**
 * A group for each region, with its outline and area, and one that refers to the segment. The first region's group and
 * the segment's share a tracking UID, so that viewers take outline and segment for one finding.
 * @see DICOM PS3.16 TID 1410
 */
export function regionGroups(
  context: DerivedContext,
  finding: DelineatedFinding,
  outlines: readonly Outline[],
): ContentItem[] {
  const probability = probabilityOf(context, finding)
  const regions = outlines
    .slice(0, maximumDescribedRegions)
    .map((outline, index) =>
      container(
        codes.measurementGroup,
        [
          ...tracking(context, index),
          code('CONTAINS', codes.finding, codes.pneumothorax),
          ...site(sideOf(outline, finding.delineation.components)),
          coordinates('CONTAINS', codes.imageRegion, 'POLYLINE', coordinatesOf(outline[0]), selectedSource(context)),
          ...areaOf(context, outline),
          ...(index === 0 ? [probability] : []),
        ],
        '1410',
      ),
    )
  return context.segmentationRequested ? [...regions, segmentGroup(context, finding)] : regions
}

/** @see DICOM PS3.16 TID 1410, the form that references a segment */
function segmentGroup(context: DerivedContext, { delineation }: DelineatedFinding): ContentItem {
  return container(
    codes.measurementGroup,
    [
      ...tracking(context, 0),
      code('CONTAINS', codes.finding, codes.pneumothorax),
      image('CONTAINS', codes.referencedSegmentationFrame, {
        ReferencedSOPClassUID: sopClasses.segmentation,
        ReferencedSOPInstanceUID: derivedUid(context, 'segmentation', 'instance'),
        ReferencedSegmentNumber: 1,
      }),
      image('CONTAINS', codes.sourceImageForSegmentation, sourceReference(context)),
      ...(delineation.areaMm2 === null
        ? []
        : [
            number(
              codes.area,
              decimal(delineation.areaMm2),
              codes.squareMillimetre,
              algorithm(context, 'segmentation'),
            ),
          ]),
    ],
    '1410',
  )
}

/**
 * For a finding without a region: the probability of the image as a whole. It is 'inferred from' a point near the
 * corner, because viewers do not show a measurement without a place. @see DICOM PS3.16 TID 1501, TID 320
 */
export function imageGroup(context: DerivedContext, finding: SuspectedFinding | NotSuspectedFinding): ContentItem {
  const corner = coordinates('INFERRED FROM', codes.path, 'POINT', cornerOf(context.size), selectedSource(context))
  return container(
    codes.measurementGroup,
    [
      ...tracking(context, 0),
      code('CONTAINS', codes.finding, codes.pneumothorax),
      image('CONTAINS', codes.source, sourceReference(context)),
      probabilityOf(context, finding, [corner]),
    ],
    '1501',
  )
}

const cornerOf = (size: ImageSize | null): number[] => [
  Math.round((size?.columns ?? 0) * 0.04),
  Math.round((size?.rows ?? 0) * 0.1),
]

function probabilityOf(
  context: DerivedContext,
  { classification }: SuspectedFinding | NotSuspectedFinding,
  basis: readonly ContentItem[] = [],
): ContentItem {
  return number(codes.probability, classification.probability.toFixed(4), codes.noUnits, [
    ...algorithm(context, 'classification'),
    ...basis,
  ])
}

const tracking = (context: DerivedContext, index: number): ContentItem[] => [
  text('HAS OBS CONTEXT', codes.trackingIdentifier, trackingId(index)),
  uidReference('HAS OBS CONTEXT', codes.trackingUniqueIdentifier, trackingUid(context, index)),
]

/** @see DICOM PS3.16 TID 4019 */
function algorithm(context: DerivedContext, task: 'classification' | 'segmentation'): ContentItem[] {
  const model = context.models.find((candidate) => candidate.task === task)
  if (!model) return []
  return [
    text('HAS CONCEPT MOD', codes.algorithmName, model.id),
    text('HAS CONCEPT MOD', codes.algorithmVersion, model.version),
    text('HAS CONCEPT MOD', codes.algorithmParameters, `SHA-256 ${model.sha256}, ${context.operatingPointId}`),
  ]
}

const lateralities = { left: codes.left, right: codes.right } satisfies Record<string, Code>

/** The side of the component that an outline encloses: of the one whose bounding box it overlaps most. */
function sideOf([outer]: Outline, components: readonly MaskComponent[]): MaskComponent['side'] {
  const columns = outer.map(([column]) => column)
  const rows = outer.map(([, row]) => row)
  const shared = ({ boundingBox: box }: MaskComponent): number =>
    Math.max(0, Math.min(max(columns), box.column + box.columns) - Math.max(min(columns), box.column)) *
    Math.max(0, Math.min(max(rows), box.row + box.rows) - Math.max(min(rows), box.row))
  const [first] = components.toSorted((a, b) => shared(b) - shared(a))
  return first && shared(first) > 0 ? first.side : null
}

const min = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b))
const max = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b))

function site(side: MaskComponent['side']): ContentItem[] {
  const laterality = side === null ? [] : [code('HAS CONCEPT MOD', codes.laterality, lateralities[side])]
  return [code('HAS CONCEPT MOD', codes.findingSite, codes.pleura, laterality)]
}

const selectedSource = (context: DerivedContext): ContentItem =>
  image('SELECTED FROM', codes.source, sourceReference(context))

/** The area within the drawn line, holes taken out, in the plane that the spacing holds for. */
function areaOf(context: DerivedContext, [outer, ...holes]: Outline): ContentItem[] {
  const { spacing } = context
  if (!spacing) return []
  const pixels = enclosedArea(outer) - holes.reduce((sum, hole) => sum + enclosedArea(hole), 0)
  const areaMm2 = pixels * spacing.rowMm * spacing.columnMm
  return [number(codes.area, decimal(areaMm2), codes.squareMillimetre, algorithm(context, 'segmentation'))]
}
