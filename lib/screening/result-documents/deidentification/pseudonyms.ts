import { createHmac } from 'node:crypto'
import type { SourceIdentity } from '../../radiograph/source-identity.ts'
import { uidOf } from '../dicom-object/derive-uid.ts'

/** Less is guessed, or is a pass phrase. Unit: bytes. */
export const minimumKeyBytes = 32

const secondsPerDay = 24 * 60 * 60
/** Dates go back by 30 days to 10 years. Unit: seconds. */
const leastShift = 30 * secondsPerDay
const mostShift = 3650 * secondsPerDay

/**
 * Names in place of those of a source. They are functions of it and of a secret key: the same in every study, by every
 * program that holds the key, and without the key nothing leads back. `docs/results.md` states the formulas.
 */
export class Pseudonyms {
  readonly #key: Uint8Array

  constructor(key: Uint8Array) {
    if (key.length < minimumKeyBytes) throw new RangeError(`a key has at least ${minimumKeyBytes} bytes`)
    this.#key = key
  }

  /** What tells keys apart and is no help in finding one. */
  get fingerprint(): string {
    return this.#digest('key').toString('hex').slice(0, 16)
  }

  /** As long as an image identifier, and of the same form. */
  imageId(imageId: string): string {
    return this.#digest('image', imageId).toString('hex').slice(0, 32)
  }

  /** Also for what stands in the place of a UID without being one. */
  uid(uid: string): string {
    return uidOf(this.#digest('uid', uid))
  }

  /** Null where the source names no patient: none is made up, and nobody is taken for somebody else. */
  patientId(identity: SourceIdentity): string | null {
    const patient = patientOf(identity)
    return (
      patient &&
      `P${this.#digest('patient', ...patient)
        .toString('hex')
        .slice(0, 24)
        .toUpperCase()}`
    )
  }

  /** Null where the source has none. */
  accessionNumber({ AccessionNumber }: SourceIdentity): string | null {
    const accession = AccessionNumber?.trim()
    return accession ? `A${this.#digest('accession', accession).toString('hex').slice(0, 15).toUpperCase()}` : null
  }

  /** Of an input's path, or what else a list has to tell apart. */
  label(text: string): string {
    return `input-${this.#digest('input', text).toString('hex').slice(0, 32)}`
  }

  /**
   * How far the times of a patient go back, the same for all of them: what lies between two studies stays. Of a source
   * without a patient its study decides, without a study the image. Unit: seconds.
   */
  shiftSeconds(identity: SourceIdentity | null, imageId: string): number {
    const study = identity?.StudyInstanceUID?.trim()
    const patient = identity && patientOf(identity)
    const digest = this.#digest('shift', ...(patient ?? (study ? ['study', study] : ['image', imageId])))
    return leastShift + (digest.readUIntBE(0, 6) % (mostShift - leastShift))
  }

  #digest(purpose: string, ...parts: readonly string[]): Buffer {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([purpose, ...parts]))
      .digest()
  }
}

/** A PatientID is one only together with its issuer. */
function patientOf({ PatientID, IssuerOfPatientID }: SourceIdentity): [issuer: string, id: string] | null {
  const id = PatientID?.trim()
  return id ? [IssuerOfPatientID?.trim() ?? '', id] : null
}
