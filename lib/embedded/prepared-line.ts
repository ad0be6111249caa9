/** One line of prepared.jsonl. */
export interface PreparedLine {
  readonly input: string
  /** Null only when the input could not be read at all. */
  readonly imageId: string | null
  readonly outcome: 'prepared' | 'rejected'
  readonly reason: string | null
  readonly detail: string | null
  readonly png: string | null
  /** Size of the source. */
  readonly rows: number | null
  readonly columns: number | null
  /** Size of the PNG. */
  readonly preparedRows: number | null
  readonly preparedColumns: number | null
  readonly transferSyntaxUid: string | null
  readonly photometricInterpretation: string | null
  readonly bitsStored: number | null
  readonly window: {
    readonly origin: string
    readonly center: number | null
    readonly width: number | null
    readonly function: string | null
  } | null
  readonly viewPosition: string | null
  readonly modality: string | null
  readonly pixelSpacingMm: { readonly row: number; readonly column: number; readonly origin: string } | null
  readonly warnings: readonly string[]
}
