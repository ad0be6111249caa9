import { StudyRejectedError } from '../kernel/errors.ts'
import type { ImageSize } from '../kernel/geometry.ts'
import { sniffFormat } from '../upload/sniff-format.ts'
import { noFacts } from './decode-radiograph.ts'
import { parseUntilFailure } from './parse-data-set.ts'
import type { AcquisitionFacts } from './radiograph.ts'
import { readAcquisitionFacts } from './read-acquisition-facts.ts'
import { readSourceIdentity, type SourceIdentity } from './source-identity.ts'

/** What could be read of a file, whether or not it can be analysed. */
export interface SourceDescription {
  readonly facts: AcquisitionFacts
  /** Null for a PNG or JPEG, which has no data set. */
  readonly identity: SourceIdentity | null
  /** Rows × columns as the file states them. */
  readonly size: ImageSize | null
  /** What it says of text in its pixels; null where it is silent. @see DICOM PS3.3 C.7.6.1 */
  readonly burnedInAnnotation: string | null
}

/**
 * Describes a file that was refused, so that its result can be joined to its worklist entry. Of a broken data set it
 * tells what stands before the break.
 * @returns null when not even the kind of the file can be told
 */
export function describeSource(file: Uint8Array): SourceDescription | null {
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
  const format = sniffFormat(bytes)
  if (format === null) return null
  if (format === 'png' || format === 'jpeg') {
    return {
      facts: { ...noFacts, format, bitsAllocated: 0, bitsStored: 0 },
      identity: null,
      size: null,
      burnedInAnnotation: null,
    }
  }
  try {
    const { attributes, syntax } = parseUntilFailure(bytes, format === 'dicom')
    const rows = attributes.uint16('Rows')
    const columns = attributes.uint16('Columns')
    return {
      facts: readAcquisitionFacts(attributes, syntax, []),
      identity: readSourceIdentity(attributes),
      size: rows !== null && columns !== null ? { rows, columns } : null,
      burnedInAnnotation: attributes.text('BurnedInAnnotation'),
    }
  } catch (error) {
    if (error instanceof StudyRejectedError) return null
    throw error
  }
}
