import { fhirName } from './fhir-bundle/fhir-name.ts'
import type { ResultDocument } from './result-document.ts'

/** What names the objects of an earlier result of the same image. */
export interface Predecessor {
  readonly screeningKey: string
  readonly softwareVersion: string
  /** Names of its documents: only what was made can be replaced. */
  readonly documents: readonly string[]
}

/** Documents that say which earlier one they replace. */
const replaceable: readonly string[] = ['structured-report.dcm', fhirName]

/**
 * The stored result as what a new one replaces: one by other models or another version. Null when there is none, when
 * it is the same one made again, and when it holds nothing that a receiver could replace.
 */
export function predecessorOf(
  stored: ResultDocument | null,
  screeningKey: string,
  softwareVersion: string,
): Predecessor | null {
  if (!stored || isSameObject(stored, screeningKey, softwareVersion)) return null
  if (!stored.documents.some((name) => replaceable.includes(name))) return null
  return {
    screeningKey: stored.screeningKey,
    softwareVersion: stored.software.version,
    documents: stored.documents,
  }
}

/** Whether a result that is made again has the identity of the stored one: it then keeps its time, and so its bytes. */
export const isSameObject = (stored: ResultDocument, screeningKey: string, softwareVersion: string): boolean =>
  stored.screeningKey === screeningKey && stored.software.version === softwareVersion
