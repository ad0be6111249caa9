/** At most 16 characters. @see DICOM PS3.5 6.2, DS */
export function decimal(value: number): string {
  return String(Number(value.toPrecision(9))).slice(0, 16)
}
