import { type Code, codeItem } from '../dicom-object/code.ts'
import type { DataSet } from '../dicom-object/data-set.ts'

/* Builders of the content items of a structured report, one for each value type. @see DICOM PS3.3 C.17.3 */

export type Relationship =
  | 'CONTAINS'
  | 'HAS OBS CONTEXT'
  | 'HAS CONCEPT MOD'
  | 'HAS PROPERTIES'
  | 'INFERRED FROM'
  | 'SELECTED FROM'

export type ContentItem = DataSet

function item(relationship: Relationship, type: string, name: Code, value: DataSet, children: readonly ContentItem[]) {
  return {
    RelationshipType: relationship,
    ValueType: type,
    ConceptNameCodeSequence: codeItem(name),
    ...value,
    ContentSequence: children.length > 0 ? children : undefined,
  } satisfies ContentItem
}

export function container(name: Code, children: readonly ContentItem[], template?: string): ContentItem {
  return item(
    'CONTAINS',
    'CONTAINER',
    name,
    {
      ContinuityOfContent: 'SEPARATE',
      ContentTemplateSequence:
        template === undefined ? undefined : [{ MappingResource: 'DCMR', TemplateIdentifier: template }],
    },
    children,
  )
}

export const code = (
  relationship: Relationship,
  name: Code,
  value: Code,
  children: readonly ContentItem[] = [],
): ContentItem => item(relationship, 'CODE', name, { ConceptCodeSequence: codeItem(value) }, children)

export const text = (relationship: Relationship, name: Code, value: string): ContentItem =>
  item(relationship, 'TEXT', name, { TextValue: value }, [])

export const uidReference = (relationship: Relationship, name: Code, uid: string): ContentItem =>
  item(relationship, 'UIDREF', name, { UID: uid }, [])

export const number = (name: Code, value: string, unit: Code, children: readonly ContentItem[] = []): ContentItem =>
  item(
    'CONTAINS',
    'NUM',
    name,
    { MeasuredValueSequence: [{ NumericValue: value, MeasurementUnitsCodeSequence: codeItem(unit) }] },
    children,
  )

/** `reference`: ReferencedSOPClassUID and ReferencedSOPInstanceUID, and a segment's number where one is meant. */
export const image = (relationship: Relationship, name: Code, reference: DataSet): ContentItem =>
  item(relationship, 'IMAGE', name, { ReferencedSOPSequence: [reference] }, [])

/** Column, row, column, row … in the source's pixels, from the top left corner of the image. @see PS3.3 C.18.6 */
export const coordinates = (
  relationship: Relationship,
  name: Code,
  type: 'POINT' | 'POLYLINE',
  points: readonly number[],
  selectedFrom: ContentItem,
): ContentItem => item(relationship, 'SCOORD', name, { GraphicType: type, GraphicData: points }, [selectedFrom])
