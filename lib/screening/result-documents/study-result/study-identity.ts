import { sha256Hex } from '../../kernel/identifiers.ts'
import type { SourceIdentity } from '../../radiograph/source-identity.ts'

/**
 * Names a study in keys and file names: 32 digits of the SHA-256 of its StudyInstanceUID, in whose place some senders
 * write what names a patient.
 */
export const studyDigestOf = (studyInstanceUid: string): string => sha256Hex(`study ${studyInstanceUid}`).slice(0, 32)

/**
 * Four digits of a digest of PatientID and its issuer within the study: they tell most patients apart, and are shared by
 * so many (one in 65,536) that they name none. Null: not known.
 */
export function patientMarkOf(studyInstanceUid: string, identity: SourceIdentity | null): string | null {
  if (!identity) return null
  const { PatientID = '', IssuerOfPatientID = '' } = identity
  return sha256Hex(JSON.stringify([studyInstanceUid, PatientID.trim(), IssuerOfPatientID.trim()])).slice(0, 4)
}
