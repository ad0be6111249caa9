import { type Code, codes } from '../dicom-object/code.ts'
import type { DataSet } from '../dicom-object/data-set.ts'

/** What is said of a result whose identity was removed. */
export interface Deidentification {
  /** Whether the source says that text of a patient may stand in its pixels; `UNKNOWN`: it says nothing that is understood. */
  readonly burnedInAnnotation: 'YES' | 'NO' | 'UNKNOWN'
}

/**
 * The profile, and of its options those that are kept to: dates are shifted; descriptions, contours and content of our
 * objects are ours, with no word of the source.
 * @see DICOM PS3.15 Annex E, PS3.16 CID 7050
 */
const methodCodes: readonly Code[] = [
  codes.basicConfidentialityProfile,
  codes.cleanGraphics,
  codes.cleanStructuredContent,
  codes.cleanDescriptors,
  codes.modifiedDates,
]

/** Each of at most 64 characters: they are values of DeidentificationMethod. */
export const deidentificationMethod = ({ burnedInAnnotation }: Deidentification): string[] => [
  'DICOM PS3.15 Basic Profile, keyed pseudonyms',
  'All dates of a patient shifted by one keyed offset',
  `Pixels not cleaned; source BurnedInAnnotation: ${burnedInAnnotation}`,
]

/** The same as one sentence, for receivers of text. */
export const deidentificationSentence = (deidentification: Deidentification): string =>
  `De-identified. ${deidentificationMethod(deidentification).join('. ')}.`

/** What `result.json` says. */
export const describeDeidentification = (deidentification: Deidentification) => ({
  method: deidentificationMethod(deidentification),
  methodCodes: methodCodes.map(({ value }) => value),
  burnedInAnnotation: deidentification.burnedInAnnotation,
})

/** @see DICOM PS3.3 C.7.1.1, C.12.1 */
export const deidentificationModule = (deidentification: Deidentification | null): DataSet =>
  deidentification === null
    ? {}
    : {
        PatientIdentityRemoved: 'YES',
        DeidentificationMethod: deidentificationMethod(deidentification),
        DeidentificationMethodCodeSequence: methodCodes.map(({ value, scheme, meaning }) => ({
          CodeValue: value,
          CodingSchemeDesignator: scheme,
          CodeMeaning: meaning,
        })),
        LongitudinalTemporalInformationModified: 'MODIFIED',
      }
