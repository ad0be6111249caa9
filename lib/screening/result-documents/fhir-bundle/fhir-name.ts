/** Name of the bundle's object, below the image's prefix. */
export const fhirName = 'fhir.json'
