/** Everything that may stand beside result.json, by the name that a tenant and the command line ask for it by. */
export const documentKinds = [
  'mask',
  'overlay',
  'class-activation-map',
  'heat-map',
  'segmentation',
  'structured-report',
  'secondary-capture',
  'presentation-state',
  'fhir-bundle',
  'hl7-message',
] as const

export type DocumentKind = (typeof documentKinds)[number]
