/** Unit: pixels. `rows` is the height, `columns` the width, as in DICOM PS3.3 C.7.6.3. */
export interface ImageSize {
  readonly rows: number
  readonly columns: number
}

/** A rectangle in image coordinates: `row`/`column` of its top left pixel. Unit: pixels. */
export interface BoundingBox extends ImageSize {
  readonly row: number
  readonly column: number
}
