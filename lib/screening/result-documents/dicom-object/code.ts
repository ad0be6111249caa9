import type { DataSet } from './data-set.ts'

/** A coded concept. @see DICOM PS3.3 8.8 */
export interface Code {
  readonly value: string
  readonly scheme: 'DCM' | 'SCT' | 'UCUM' | 'RFC5646' | 'UMLS'
  readonly meaning: string
}

const dcm = (value: string, meaning: string): Code => ({ value, scheme: 'DCM', meaning })
const sct = (value: string, meaning: string): Code => ({ value, scheme: 'SCT', meaning })

/** Every code that our objects use. Values by PS3.16 and SNOMED CT as PS3.16 lists it. */
export const codes = {
  absent: sct('272519000', 'Absent'),
  algorithmName: dcm('111001', 'Algorithm Name'),
  algorithmParameters: dcm('111002', 'Algorithm Parameters'),
  algorithmVersion: dcm('111003', 'Algorithm Version'),
  area: sct('42798000', 'Area'),
  artificialIntelligence: dcm('123110', 'Artificial Intelligence'),
  basicConfidentialityProfile: dcm('113100', 'Basic Application Confidentiality Profile'),
  cleanDescriptors: dcm('113105', 'Clean Descriptors Option'),
  cleanGraphics: dcm('113103', 'Clean Graphics Option'),
  cleanStructuredContent: dcm('113104', 'Clean Structured Content Option'),
  comment: dcm('121106', 'Comment'),
  device: dcm('121007', 'Device'),
  deviceObserverManufacturer: dcm('121014', 'Device Observer Manufacturer'),
  deviceObserverModelName: dcm('121015', 'Device Observer Model Name'),
  deviceObserverName: dcm('121013', 'Device Observer Name'),
  deviceObserverUid: dcm('121012', 'Device Observer UID'),
  english: { value: 'en', scheme: 'RFC5646', meaning: 'English' },
  failed: dcm('111224', 'Failed'),
  finding: dcm('121071', 'Finding'),
  findingSite: sct('363698007', 'Finding Site'),
  imageLibrary: dcm('111028', 'Image Library'),
  imageLibraryGroup: dcm('126200', 'Image Library Group'),
  imageRegion: dcm('111030', 'Image Region'),
  imagingMeasurementReport: dcm('126000', 'Imaging Measurement Report'),
  imagingMeasurements: dcm('126010', 'Imaging Measurements'),
  imagingProcedure: sct('363679005', 'Imaging procedure'),
  languageOfContent: dcm('121049', 'Language of Content Item and Descendants'),
  laterality: sct('272741003', 'Laterality'),
  left: sct('7771000', 'Left'),
  measurementGroup: dcm('125007', 'Measurement Group'),
  modifiedDates: dcm('113107', 'Retain Longitudinal Temporal Information Modified Dates Option'),
  morphologicallyAbnormalStructure: sct('49755003', 'Morphologically Abnormal Structure'),
  noUnits: { value: '1', scheme: 'UCUM', meaning: 'no units' },
  notAttempted: dcm('111225', 'Not Attempted'),
  observerType: dcm('121005', 'Observer Type'),
  path: dcm('121055', 'Path'),
  pleura: sct('3120008', 'Pleura'),
  pneumothorax: sct('36118008', 'Pneumothorax'),
  present: sct('52101004', 'Present'),
  probability: dcm('122157', 'Probability'),
  procedureReported: dcm('121058', 'Procedure reported'),
  processingEquipment: dcm('109102', 'Processing Equipment'),
  qualitativeEvaluations: { value: 'C0034375', scheme: 'UMLS', meaning: 'Qualitative Evaluations' },
  referencedSegmentationFrame: dcm('121214', 'Referenced Segmentation Frame'),
  right: sct('24028007', 'Right'),
  segmentation: dcm('113076', 'Segmentation'),
  source: sct('260753009', 'Source'),
  sourceImageForProcessing: dcm('121322', 'Source Image for Image Processing Operation'),
  sourceImageForSegmentation: dcm('121233', 'Source image for segmentation'),
  squareMillimetre: { value: 'mm2', scheme: 'UCUM', meaning: 'square millimeter' },
  succeeded: dcm('111222', 'Succeeded'),
  summaryOfDetections: dcm('111064', 'Summary of Detections'),
  thoracicCavity: sct('43799004', 'Thoracic cavity'),
  trackingIdentifier: dcm('112039', 'Tracking Identifier'),
  trackingUniqueIdentifier: dcm('112040', 'Tracking Unique Identifier'),
} as const satisfies Record<string, Code>

/** The code as the one item of a code sequence. */
export const codeItem = ({ value, scheme, meaning }: Code): readonly DataSet[] => [
  { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning },
]
