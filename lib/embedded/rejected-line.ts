import type { PreparedLine } from './prepared-line.ts'

/** The line of an input that was not prepared. */
export function rejectedLine(imageId: string | null, reason: string, detail: string): Omit<PreparedLine, 'input'> {
  return {
    imageId,
    outcome: 'rejected',
    reason,
    detail,
    png: null,
    rows: null,
    columns: null,
    preparedRows: null,
    preparedColumns: null,
    transferSyntaxUid: null,
    photometricInterpretation: null,
    bitsStored: null,
    window: null,
    viewPosition: null,
    modality: null,
    pixelSpacingMm: null,
    warnings: [],
  }
}
