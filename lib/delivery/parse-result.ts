import { type ResultDocument, resultDocument } from '../screening/result-documents/result-document.ts'

/** Null for what is no result document, also of a later version. */
export function parseResult(bytes: Uint8Array): ResultDocument | null {
  try {
    return resultDocument.parse(JSON.parse(new TextDecoder().decode(bytes)))
  } catch {
    return null
  }
}
