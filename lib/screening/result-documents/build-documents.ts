import { classActivationMap } from './class-activation-map/class-activation-map.ts'
import { segmentation } from './dicom-segmentation/segmentation.ts'
import type { Document, DocumentSource, DocumentTools, DocumentType } from './document-type.ts'
import { fhirBundle } from './fhir-bundle/fhir-bundle.ts'
import { heatMap } from './heat-map/heat-map.ts'
import { hl7Message } from './hl7-message/hl7-message.ts'
import { mask } from './mask/mask.ts'
import { overlay } from './overlay/overlay.ts'
import { presentationState } from './presentation-state/presentation-state.ts'
import { secondaryCapture } from './secondary-capture/secondary-capture.ts'
import { structuredReport } from './structured-report/structured-report.ts'

/** Every kind of document that may stand beside result.json, in the order in which they are written. */
export const documentTypes: readonly DocumentType[] = [
  classActivationMap,
  mask,
  overlay,
  heatMap,
  segmentation,
  secondaryCapture,
  presentationState,
  structuredReport,
  fhirBundle,
  hl7Message,
]

/**
 * Builds the requested documents, as far as the image has them: one that is not suspected has no mask, for instance.
 */
export async function buildDocuments(source: DocumentSource, tools: () => DocumentTools): Promise<Document[]> {
  const due = documentTypes.flatMap((type) => {
    const needs = source.requestedDocuments.includes(type.kind) ? type.needs(source) : null
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
