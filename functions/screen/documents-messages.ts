import type { DocumentedStudy } from './document-study.ts'

/** What the documents thread answers to an `InferredStudy`. */
export type DocumentsMessage =
  | { readonly kind: 'documented'; readonly study: DocumentedStudy }
  | { readonly kind: 'failed'; readonly message: string }
