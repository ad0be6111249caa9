import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodePath } from '../../adapters/embedded/path-bytes.ts'
import { StudyRejectedError } from '../../screening/kernel/errors.ts'
import { imageIdOf } from '../../screening/kernel/identifiers.ts'
import type { PixelCodecs } from '../../screening/kernel/ports.ts'
import { prepareImage } from '../../screening/prepared-image/prepare-image.ts'
import { decodeRadiograph } from '../../screening/radiograph/decode-radiograph.ts'
import { parseDataSet } from '../../screening/radiograph/parse-data-set.ts'
import type { AcquisitionFacts, Radiograph } from '../../screening/radiograph/radiograph.ts'
import { readAcquisitionFacts } from '../../screening/radiograph/read-acquisition-facts.ts'
import { defaultSuitabilityPolicy } from '../../screening/radiograph/suitability.ts'
import { sniffFormat } from '../../screening/upload/sniff-format.ts'
import { imageKeyOf } from '../dataset/image-key.ts'
import { patientKeyOf } from '../dataset/patient-key.ts'
import type { FileFacts } from './file-facts.ts'
import { greyStatistics, round, valueStatistics } from './pixel-statistics.ts'

/** Which file, and its state when it was listed. */
export interface ListedFile {
  readonly path: string
  readonly sizeBytes: number
  readonly modifiedMs: number
}

/** Ages are described, not judged; that screening would refuse a child is recorded beside the facts. */
const relaxedPolicy = { ...defaultSuitabilityPolicy, minimumAgeYears: 0 }

/**
 * Reads and decodes one file. What screening would refuse is recorded with its code and with what its data set
 * says; a file is a problem, never a reason to stop.
 */
export async function readFileFacts(root: string, file: ListedFile, codecs: PixelCodecs): Promise<FileFacts> {
  const unknown: FileFacts = { ...file, key: imageKeyOf(file.path), ...nothingKnown }
  let bytes: Uint8Array
  try {
    bytes = await readFile(encodePath(join(root, file.path)))
  } catch (error) {
    return { ...unknown, problem: { code: 'unreadable', detail: (error as NodeJS.ErrnoException).code ?? 'unknown' } }
  }
  const named = { ...unknown, imageId: imageIdOf(bytes), patient: patientKeyOf(bytes) }
  try {
    const radiograph = await decodeRadiograph(bytes, codecs, relaxedPolicy)
    return { ...named, ...pixelFacts(radiograph), problem: ageProblem(radiograph.facts) }
  } catch (error) {
    if (!(error instanceof StudyRejectedError)) throw error
    return { ...named, ...headerFacts(bytes), problem: { code: error.code, detail: error.message } }
  }
}

const nothingKnown = {
  imageId: null,
  patient: null,
  problem: null,
  warnings: [],
  rows: null,
  columns: null,
  acquisition: null,
  stored: null,
  grey: null,
}

function pixelFacts(radiograph: Radiograph): Partial<FileFacts> {
  const { minimum, maximum, mean, standardDeviation } = valueStatistics(radiograph.values)
  const prepared = prepareImage(radiograph)
  return {
    warnings: [...new Set([...radiograph.warnings, ...prepared.warnings])],
    rows: radiograph.rows,
    columns: radiograph.columns,
    acquisition: acquisitionOf(radiograph.facts),
    stored: { minimum, maximum, mean: round(mean, 3), standardDeviation: round(standardDeviation, 3) },
    grey: greyStatistics(prepared.pixels),
  }
}

/** What the data set of a refused file says, as far as it can be parsed. */
function headerFacts(bytes: Uint8Array): Partial<FileFacts> {
  const format = sniffFormat(bytes)
  if (format === null || format === 'png' || format === 'jpeg') return {}
  try {
    const { attributes, syntax } = parseDataSet(bytes, format === 'dicom')
    return {
      rows: attributes.uint16('Rows'),
      columns: attributes.uint16('Columns'),
      acquisition: acquisitionOf(readAcquisitionFacts(attributes, syntax, [])),
    }
  } catch (error) {
    if (!(error instanceof StudyRejectedError)) throw error
    return {}
  }
}

function acquisitionOf(facts: AcquisitionFacts): FileFacts['acquisition'] {
  const { pixelSpacing } = facts
  return {
    format: facts.format,
    transferSyntaxUid: facts.transferSyntaxUid,
    sopClassUid: facts.sopClassUid,
    modality: facts.modality,
    bodyPartExamined: facts.bodyPartExamined,
    viewPosition: facts.viewPosition,
    photometricInterpretation: facts.photometricInterpretation,
    bitsStored: facts.bitsStored,
    ageYears: facts.patientAgeYears,
    sex: facts.patientSex,
    manufacturer: facts.manufacturer,
    spacingMm: pixelSpacing && { row: pixelSpacing.rowMm, column: pixelSpacing.columnMm, origin: pixelSpacing.origin },
  }
}

function ageProblem({ patientAgeYears }: AcquisitionFacts): FileFacts['problem'] {
  const { minimumAgeYears } = defaultSuitabilityPolicy
  if (patientAgeYears === null || patientAgeYears >= minimumAgeYears) return null
  return { code: 'paediatric', detail: `age below ${minimumAgeYears} years` }
}
