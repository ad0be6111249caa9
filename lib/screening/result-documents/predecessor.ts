import { fhirName } from './fhir-bundle/fhir-name.ts'
import type { ResultDocument } from './result-document.ts'

/** An earlier result of the same image: what the UIDs of its objects are derived from. */
export interface Predecessor {
  readonly screeningKey: string
  readonly softwareVersion: string
  /** Names of its documents: an object replaces only one that was made. */
  readonly documents: readonly string[]
}

/** Documents that say which earlier one they replace. */
const replaceable: readonly string[] = ['structured-report.dcm', fhirName]

/**
 * The stored result, if a new one replaces it because models, thresholds or version differ. Null when there is none,
 * when the new one is the same result made again, or when the stored one holds nothing that a receiver could replace.
 */
export function predecessorOf(
  stored: ResultDocument | null,
  screeningKey: string,
  softwareVersion: string,
): Predecessor | null {
  if (!stored || isSameResult(stored, screeningKey, softwareVersion)) return null
  if (!stored.documents.some((name) => replaceable.includes(name))) return null
  return {
    screeningKey: stored.screeningKey,
    softwareVersion: stored.software.version,
    documents: stored.documents,
  }
}

/** Whether a new result is the stored one made again: it then keeps its time, so that its bytes do not change. */
export const isSameResult = (stored: ResultDocument, screeningKey: string, softwareVersion: string): boolean =>
  stored.screeningKey === screeningKey && stored.software.version === softwareVersion
