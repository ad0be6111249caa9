/** An image of a prepared data set. */
export interface DatasetRecord {
  /** File name without ending, in every size. */
  readonly name: string
  /** What names it in the annotations. */
  readonly key: string
  readonly imageId: string
  readonly path: string
  readonly positive: boolean | null
  /** Masks that were merged; null: not annotated. */
  readonly annotations: number | null
  readonly patient: string | null
  readonly viewPosition: string | null
  readonly sex: string | null
  readonly ageYears: number | null
  readonly rows: number
  readonly columns: number
  readonly rowSpacingMm: number | null
  readonly columnSpacingMm: number | null
  /** Null without a mask. */
  readonly maskFraction: number | null
}

/** The header of index.csv. */
export const datasetColumns = [
  'id',
  'image_id',
  'source',
  'label',
  'annotations',
  'patient',
  'split',
  'view',
  'sex',
  'age',
  'rows',
  'columns',
  'row_spacing_mm',
  'column_spacing_mm',
  'mask_fraction',
] as const

export function datasetRow(record: DatasetRecord, split: string): (string | number | null)[] {
  return [
    record.name,
    record.imageId,
    record.path,
    record.positive === null ? null : Number(record.positive),
    record.annotations,
    record.patient,
    split,
    record.viewPosition,
    record.sex,
    record.ageYears,
    record.rows,
    record.columns,
    sixDecimals(record.rowSpacingMm),
    sixDecimals(record.columnSpacingMm),
    sixDecimals(record.maskFraction),
  ]
}

const sixDecimals = (value: number | null): number | null => (value === null ? null : Number(value.toFixed(6)))
