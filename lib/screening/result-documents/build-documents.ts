import { classActivationMap } from './class-activation-map/class-activation-map.ts'
import type { Document, DocumentPolicy, DocumentSource, DocumentTools, DocumentType } from './document-type.ts'
import { mask } from './mask/mask.ts'
import { overlay } from './overlay/overlay.ts'

/** Every kind of document that may stand beside result.json, in the order in which they are written. */
export const documentTypes: readonly DocumentType[] = [classActivationMap, mask, overlay]

/** Builds the documents that this image and its receiver get. */
export async function buildDocuments(
  source: DocumentSource,
  policy: DocumentPolicy,
  tools: DocumentTools,
): Promise<Document[]> {
  const due = documentTypes.flatMap((type) => {
    const needs = type.needs(source, policy)
    return needs === null ? [] : [{ type, needs }]
  })
  return Promise.all(
    due.map(async ({ type, needs }) => ({
      name: type.name,
      mediaType: type.mediaType,
      body: await type.build(needs, tools),
    })),
  )
}
