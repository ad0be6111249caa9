import type { ResultDocument } from './result-document.ts'

/** What names the objects of an earlier result of the same image. */
export interface Predecessor {
  readonly screeningKey: string
  readonly softwareVersion: string
  /** Names of its documents: only what was made can be replaced. */
  readonly documents: readonly string[]
}

/**
 * The stored result as what a new one replaces: one by other models or another version. Null when there is none, and
 * when it is the same one made again.
 */
export function predecessorOf(
  stored: ResultDocument | null,
  screeningKey: string,
  softwareVersion: string,
): Predecessor | null {
  if (!stored || isSameObject(stored, screeningKey, softwareVersion)) return null
  return {
    screeningKey: stored.screeningKey,
    softwareVersion: stored.software.version,
    documents: stored.documents,
  }
}

/** Whether a result that is made again has the identity of the stored one: it then keeps its time, and so its bytes. */
export const isSameObject = (stored: ResultDocument, screeningKey: string, softwareVersion: string): boolean =>
  stored.screeningKey === screeningKey && stored.software.version === softwareVersion
