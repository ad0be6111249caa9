import { StudyRejectedError } from '../kernel/errors.ts'
import type { PixelCodecs } from '../kernel/ports.ts'
import { sniffFormat } from '../upload/sniff-format.ts'
import { type DecodedPicture, decodeJpeg } from './decode-jpeg.ts'
import { holdsNoise } from './neighbours.ts'
import { openFrame } from './open-frame.ts'
import { type ParsedDataSet, parseDataSet } from './parse-data-set.ts'
import { readPixelAttributes } from './pixel-attributes.ts'
import type { AcquisitionFacts, GreyscalePresentation, ModalityTransform, Radiograph } from './radiograph.ts'
import { readAcquisitionFacts } from './read-acquisition-facts.ts'
import { readPresentation } from './read-presentation.ts'
import { readSourceIdentity } from './source-identity.ts'
import { readStatements } from './statements.ts'
import {
  assertNotTooLarge,
  assertSuitableFacts,
  assertSuitableSize,
  defaultSuitabilityPolicy,
  type SuitabilityPolicy,
} from './suitability.ts'

/**
 * Reads a file as a radiograph: DICOM of every greyscale single-frame syntax, PNG or JPEG. Judges what the data set
 * says before a pixel is decoded, and a compressed frame before a codec sees it.
 * @throws {StudyRejectedError} with the code that says why the study cannot or may not be analysed
 */
export async function decodeRadiograph(
  file: Uint8Array,
  codecs: PixelCodecs,
  policy: SuitabilityPolicy = defaultSuitabilityPolicy,
): Promise<Radiograph> {
  // The file may be a Buffer, whose slice() shares memory where that of a Uint8Array copies: from here on it is the
  // latter.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
  if (bytes.length > policy.maximumFileBytes) {
    throw new StudyRejectedError('too-large', `${bytes.length} bytes, the limit is ${policy.maximumFileBytes}`)
  }
  const format = sniffFormat(bytes)
  switch (format) {
    case null:
      throw new StudyRejectedError('not-an-image', `no DICOM, PNG or JPEG signature in ${bytes.length} bytes`)
    case 'png':
    case 'jpeg':
      return decodePicture(bytes, format, codecs, policy)
    default:
      return decodeDicom(parseDataSet(bytes, format === 'dicom'), codecs, policy)
  }
}

async function decodeDicom(parsed: ParsedDataSet, codecs: PixelCodecs, policy: SuitabilityPolicy): Promise<Radiograph> {
  const { attributes, syntax } = parsed
  const warnings = [...parsed.warnings]
  const facts = readAcquisitionFacts(attributes, syntax, warnings)
  warnings.push(...assertSuitableFacts(facts, readStatements(attributes), policy))
  if (attributes.has('FloatPixelData') || attributes.has('DoubleFloatPixelData')) {
    throw new StudyRejectedError('unsupported-bits', 'floating-point pixel data')
  }
  if (!parsed.pixelData) throw new StudyRejectedError('missing-pixel-data', 'there is no Pixel Data element')
  const pixel = readPixelAttributes(attributes)
  assertNotTooLarge(pixel, policy)
  const presentation = readPresentation(attributes, pixel, warnings)
  const decode = openFrame(parsed, pixel, codecs, warnings)
  if (attributes.isRepaired) warnings.push('encoding-repaired')
  assertSuitableSize(pixel, policy)
  const { rows, columns, bitsAllocated } = pixel
  const { values, bitsStored } = await decode()
  if (holdsNoise(values, columns)) warnings.push('pixel-data-damaged')
  return {
    rows,
    columns,
    values,
    facts: { ...facts, bitsAllocated, bitsStored, rescale: rescaleOf(presentation.modality) },
    identity: readSourceIdentity(attributes),
    presentation,
    // Each code once, however often it was added.
    warnings: [...new Set(warnings)],
  }
}

function rescaleOf(modality: ModalityTransform): AcquisitionFacts['rescale'] {
  if (modality.kind === 'lut') return null
  return modality.kind === 'rescale'
    ? { slope: modality.slope, intercept: modality.intercept }
    : { slope: 1, intercept: 0 }
}

/** A PNG or JPEG: shown as it is, with nothing known of its acquisition. */
async function decodePicture(
  bytes: Uint8Array,
  format: 'png' | 'jpeg',
  codecs: PixelCodecs,
  policy: SuitabilityPolicy,
): Promise<Radiograph> {
  const raster: DecodedPicture =
    format === 'jpeg'
      ? await decodeJpeg(bytes, codecs, policy)
      : await codecs.decodeRaster(bytes, { maximumPixels: policy.maximumPixels })
  assertNotTooLarge(raster, policy)
  assertSuitableSize(raster, policy)
  const isDamaged = raster.isDamaged || holdsNoise(raster.values, raster.columns)
  if (raster.colourful) throw new StudyRejectedError('not-a-frontal-chest', 'the picture is in colour')
  return {
    rows: raster.rows,
    columns: raster.columns,
    values: raster.values,
    facts: {
      ...noFacts,
      format,
      bitsAllocated: raster.values.BYTES_PER_ELEMENT * 8,
      bitsStored: raster.bitsStored,
    },
    identity: null,
    presentation: asItIs,
    warnings: [
      'no-acquisition-facts',
      'spacing-unknown',
      'age-unknown',
      ...(isDamaged ? ['pixel-data-damaged' as const] : []),
    ],
  }
}

/** The facts of a PNG or JPEG, which states nothing of its acquisition. */
export const noFacts: Omit<AcquisitionFacts, 'format' | 'bitsAllocated' | 'bitsStored'> = {
  transferSyntaxUid: null,
  sopClassUid: null,
  sopInstanceUid: null,
  studyInstanceUid: null,
  seriesInstanceUid: null,
  modality: null,
  bodyPartExamined: null,
  viewPosition: null,
  patientOrientation: null,
  orientationUnusable: false,
  photometricInterpretation: null,
  patientAgeYears: null,
  patientSex: null,
  manufacturer: null,
  pixelSpacing: null,
  rescale: null,
}

/** No window: the prepared image shows the full range, or a window estimated from the values. */
const asItIs: GreyscalePresentation = {
  modality: { kind: 'identity' },
  window: null,
  voiLut: null,
  inverted: false,
  padding: null,
}
