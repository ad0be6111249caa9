import type { ResultRow } from '../screening/result-documents/result-row.ts'

/** Types as Glue and Athena name them. */
export type ColumnType = 'string' | 'boolean' | 'int' | 'bigint' | 'double' | 'timestamp' | 'array<string>'

/** The version of the columns: raised when one is added. A table of an older version is built anew from the results. */
export const tableVersion = 1

/** The partitions: no columns of a file, but parts of its path, `tenant=<tenant>/day=<yyyy-mm-dd>`. */
export const partitionColumns = ['tenant', 'day'] as const satisfies readonly (keyof ResultRow)[]

/** The columns of a Parquet file, in their order. docs/schemas/result-row.schema.json says what each means. */
export const tableColumns: Readonly<Record<Exclude<keyof ResultRow, (typeof partitionColumns)[number]>, ColumnType>> = {
  schema_version: 'int',
  image_id: 'string',
  screening_key: 'string',
  analysed_at: 'timestamp',
  superseded: 'boolean',
  replaces_earlier: 'boolean',
  outcome: 'string',
  reason: 'string',
  discordant: 'boolean',
  probability: 'double',
  operating_point: 'string',
  threshold: 'double',
  delineated: 'boolean',
  mask_area_pixels: 'bigint',
  area_mm2: 'double',
  area_plane: 'string',
  side: 'string',
  regions: 'int',
  format: 'string',
  modality: 'string',
  view_position: 'string',
  photometric_interpretation: 'string',
  transfer_syntax_uid: 'string',
  image_rows: 'int',
  image_columns: 'int',
  bits_stored: 'int',
  size_bytes: 'bigint',
  grey_levels: 'string',
  warnings: 'array<string>',
  classifier_id: 'string',
  classifier_version: 'string',
  classifier_sha256: 'string',
  segmenter_id: 'string',
  segmenter_version: 'string',
  segmenter_sha256: 'string',
  software_version: 'string',
  lane: 'string',
  cold: 'boolean',
  estimated_cost_usd: 'double',
  read_ms: 'double',
  decode_ms: 'double',
  prepare_ms: 'double',
  classification_ms: 'double',
  segmentation_ms: 'double',
  measurement_ms: 'double',
  documents_ms: 'double',
  total_ms: 'double',
}
