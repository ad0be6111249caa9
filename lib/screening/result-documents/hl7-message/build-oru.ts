import type { Answer, ClinicalStatement } from '../clinical-statement/clinical-statement.ts'
import { type Term, terms } from '../clinical-statement/coded-term.ts'
import { decodeIdentity, decodeNames } from '../clinical-statement/decode-identity.ts'
import { areaTexts } from '../clinical-statement/region-texts.ts'
import { isDay, studyTime } from '../clinical-statement/study-time.ts'
import { deidentificationSentence } from '../deidentification/deidentification.ts'
import { deriveUuid } from '../dicom-object/derive-uid.ts'
import { legal, manufacturer, sourceUid } from '../dicom-object/derived-object.ts'
import { notice } from '../result-document.ts'
import { encodeSegment, type Hl7Field } from './hl7-segment.ts'

/** Preliminary: a radiologist's report is never amended. @see HL7 v2.5.1, tables 0085 and 0123 */
const preliminary = 'P'
/** Of the order: no results, though it is not cancelled. */
const incomplete = 'I'
/** Of the observation: no result can be obtained. */
const notObtained = 'X'

/**
 * The result as an unsolicited observation message, in UTF-8.
 * Not analysed: the observation has no value and the status 'X', and a text says that nothing is known.
 * @see HL7 v2.5.1, 7.3.1 ORU^R01
 */
export function buildOru(statement: ClinicalStatement): string {
  const observations = observationsOf(statement)
  const { deidentification } = statement.context
  const segments = [
    messageHeader(statement),
    patientSegment(statement),
    orderSegment(statement),
    ...observations.map((observation, index) => encodeSegment('OBX', { 1: String(index + 1), ...observation })),
    encodeSegment('NTE', { 1: '1', 3: notice }),
    ...(deidentification ? [encodeSegment('NTE', { 1: '2', 3: deidentificationSentence(deidentification) })] : []),
  ]
  return segments.map((segment) => `${segment}\r`).join('')
}

function messageHeader({ context }: ClinicalStatement): string {
  const { imageId, screeningKey, softwareVersion } = context
  // The field separator and the encoding characters are not escaped.
  const rest = encodeSegment('', {
    1: manufacturer,
    2: manufacturer,
    5: utc(context.analysedAt),
    7: ['ORU', 'R01', 'ORU_R01'],
    // At most 20 characters; the same result is the same message.
    8: deriveUuid('hl7', imageId, screeningKey, softwareVersion).replaceAll('-', '').slice(0, 20),
    9: 'P',
    10: '2.5.1',
    16: 'UNICODE UTF-8',
  })
  return `MSH|^~\\&${rest}`
}

function patientSegment({ context: { identity, deidentification } }: ClinicalStatement): string {
  const [family, given, middle, prefix, suffix] = (decodeNames(identity, 'PatientName')[0] ?? '').split('^')
  const isNamed = [family, given].some((part) => part)
  const identifier = decodeIdentity(identity, 'PatientID')
  const type = deidentification ? 'ANON' : 'MR'
  return encodeSegment('PID', {
    1: '1',
    3: identifier === null ? null : [identifier, null, null, decodeIdentity(identity, 'IssuerOfPatientID'), type],
    // U: unspecified.
    5: isNamed ? [family, given, middle, suffix, prefix] : [null, null, null, null, null, null, 'U'],
    7: birthDate(identity.PatientBirthDate),
    8: legal(identity.PatientSex, /^[MFO]$/) ?? 'U',
  })
}

function birthDate(text: string | undefined): string | null {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(text ?? '') ?? []
  return year && isDay(Number(year), Number(month), Number(day)) ? `${year}${month}${day}` : null
}

function orderSegment({ context, answer }: ClinicalStatement): string {
  const { identity } = context
  const accession = decodeIdentity(identity, 'AccessionNumber')
  return encodeSegment('OBR', {
    1: '1',
    2: decodeIdentity(identity, 'PlacerOrderNumberImagingServiceRequest'),
    3: decodeIdentity(identity, 'FillerOrderNumberImagingServiceRequest') ?? accession,
    4: coded(terms.imagingStudy),
    7: studyMoment(identity),
    18: accession,
    22: utc(context.analysedAt),
    24: 'RAD',
    25: 'notAnalysed' in answer ? incomplete : preliminary,
  })
}

/** The fields of each OBX but its number. @see HL7 v2.5.1, 7.4.2 */
function observationsOf({ context, answer, sentence }: ClinicalStatement): Record<number, Hl7Field>[] {
  const models = context.models.map(({ id, version, sha256 }) => `${id} ${version}, SHA-256 ${sha256}`)
  const common = {
    14: utc(context.analysedAt),
    17: [null, `Computer analysis by ${manufacturer} ${context.softwareVersion}, unverified`],
    18: { repeated: [...models, `operating point ${context.operatingPointId}`] },
  }
  return [
    ...('notAnalysed' in answer ? unanswered(answer) : answered(answer)).map((fields) => ({ ...fields, ...common })),
    { 2: 'ST', 3: coded(terms.studyInstanceUid), 5: sourceUid(context, 'StudyInstanceUID'), 11: preliminary },
    { 2: 'TX', 3: coded(terms.impression), 5: sentence, 11: preliminary },
  ]
}

const unanswered = ({ notAnalysed, remedy }: Extract<Answer, { notAnalysed: string }>): Record<number, Hl7Field>[] => [
  { 2: 'CWE', 3: coded(terms.pneumothorax), 11: notObtained },
  {
    2: 'TX',
    3: ['not-analysed', 'Reason for which the image was not analysed', 'L'],
    5: `${notAnalysed}: ${remedy}`,
    11: preliminary,
  },
]

function answered({
  isPresent,
  probability,
  operatingPoint,
  region,
}: Extract<Answer, { isPresent: boolean }>): Record<number, Hl7Field>[] {
  return [
    {
      2: 'CWE',
      3: coded(terms.pneumothorax),
      5: coded(isPresent ? terms.present : terms.absent),
      8: isPresent ? 'A' : null,
      11: preliminary,
    },
    {
      2: 'NM',
      3: coded(terms.probability),
      5: probability.toFixed(4),
      6: ['1', 'no units', 'UCUM'],
      7: `<${operatingPoint.threshold.toFixed(6)}`,
      11: preliminary,
    },
    ...(region === null || region.areaMm2 === null || region.areaPlane === null
      ? []
      : [
          {
            2: 'NM',
            3: [...coded(terms.area).slice(0, 3), null, areaTexts[region.areaPlane]],
            5: region.areaMm2.toFixed(1),
            6: ['mm2', 'square millimeter', 'UCUM'],
            11: preliminary,
          },
        ]),
    ...(region === null || region.side === null
      ? []
      : [{ 2: 'CWE', 3: coded(terms.laterality), 5: coded(terms[region.side]), 11: preliminary }]),
  ]
}

/** The first code, and a second one as its alternate. @see HL7 v2.5.1, 2.A.13 CWE */
const coded = (codings: readonly Term[]): (string | null)[] =>
  codings.slice(0, 2).flatMap(({ value, meaning, scheme }) => [value, meaning, scheme])

/** @see HL7 v2.5.1, 2.A.77 TS */
const utc = (time: Date): string => `${time.toISOString().slice(0, 19).replace(/[-:T]/g, '')}+0000`

function studyMoment(identity: Parameters<typeof studyTime>[0]): string | null {
  const at = studyTime(identity)
  return at && `${at.date}${at.time ?? ''}${at.time && at.offset ? at.offset : ''}`
}
