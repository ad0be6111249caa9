import { basename } from 'node:path'

/** What names an image in labels and annotations: its file name without folder and ending, as in SIIM-ACR. */
export function imageKeyOf(path: string): string {
  return basename(path.replaceAll('\\', '/')).replace(/\.(dcm|dicom|png|jpe?g)$/i, '')
}
