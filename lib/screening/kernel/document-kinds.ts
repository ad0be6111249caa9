/** Kinds of document that may stand beside result.json, as tenants' settings and the command line name them. */
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
