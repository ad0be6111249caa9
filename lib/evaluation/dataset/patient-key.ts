import dicomParser from 'dicom-parser'
import { sha256Hex } from '../../screening/kernel/identifiers.ts'

/** PatientID. @see DICOM PS3.6 */
const patientIdTag = 'x00100020'

/**
 * A digest of PatientID: the same for the images of one patient, and nothing that names the patient by itself.
 * A guessed PatientID can be checked against it, so it is no anonymisation. @returns null when the file has none
 */
export function patientKeyOf(bytes: Uint8Array): string | null {
  try {
    const dataset = dicomParser.parseDicom(bytes, { untilTag: patientIdTag })
    const patientId = dataset.string(patientIdTag)?.trim()
    return patientId ? sha256Hex(`patient ${patientId}`).slice(0, 16) : null
  } catch {
    return null
  }
}
