import { StudyRejectedError } from '../kernel/errors.ts'
import type { PixelCodecs } from '../kernel/ports.ts'
import { sniffFormat } from '../upload/sniff-format.ts'
import { assertCodestreamMatches, readCodestreamHeader, unboxJpeg2000 } from './codestream-header.ts'
import { decodeRle } from './decode-rle.ts'
import { readEncapsulatedFrame } from './encapsulated-frame.ts'
import { readNativeWords } from './native-frame.ts'
import { type ParsedDataSet, parseDataSet } from './parse-data-set.ts'
import { type PixelAttributes, readPixelAttributes } from './pixel-attributes.ts'
import type { AcquisitionFacts, GreyscalePresentation, Radiograph } from './radiograph.ts'
import { readAcquisitionFacts } from './read-acquisition-facts.ts'
import { readPresentation } from './read-presentation.ts'
import { clampStoredValues, extractStoredValues, type StoredValues } from './stored-values.ts'
import {
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
  // A Buffer's slice shares memory where a Uint8Array's copies: below this line there is only one meaning.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
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
  attributes.assertWithin(parsed.bytes.length)
  const warnings = [...parsed.warnings]
  const facts = readAcquisitionFacts(attributes, syntax, warnings)
  const viewCode = attributes.firstItem('ViewCodeSequence')?.text('CodeValue') ?? null
  assertSuitableFacts(facts, viewCode, policy)
  if (!parsed.pixelData) {
    if (attributes.has('FloatPixelData') || attributes.has('DoubleFloatPixelData')) {
      throw new StudyRejectedError('unsupported-bits', 'floating-point pixel data')
    }
    if (!attributes.has('Rows')) throw new StudyRejectedError('missing-pixel-data', 'there is no Pixel Data element')
  }
  const pixel = readPixelAttributes(attributes)
  assertSuitableSize(pixel, policy)
  const presentation = readPresentation(attributes, pixel, warnings)
  const values = await decodeStoredValues(parsed, pixel, codecs)
  return { rows: pixel.rows, columns: pixel.columns, values, facts, presentation, warnings }
}

async function decodeStoredValues(
  parsed: ParsedDataSet,
  pixel: PixelAttributes,
  codecs: PixelCodecs,
): Promise<StoredValues> {
  const { syntax } = parsed
  if (syntax.encoding === 'native') return extractStoredValues(readNativeWords(parsed, pixel), pixel)
  const frame = readEncapsulatedFrame(parsed)
  if (syntax.encoding === 'rle') return extractStoredValues(decodeRle(frame, pixel), pixel)
  const codestream = unboxJpeg2000(frame)
  const header = readCodestreamHeader(codestream)
  assertCodestreamMatches(header, codestream, pixel)
  const decoded = await codecs.decodeFrame({
    kind: header.kind,
    codestream,
    rows: pixel.rows,
    columns: pixel.columns,
    bitsAllocated: pixel.bitsAllocated,
    bitsStored: pixel.bitsStored,
    signed: pixel.signed,
  })
  // A codec returns values in the low bits, whatever HighBit says of native words.
  const inLowBits = { ...pixel, highBit: pixel.bitsStored - 1 }
  const isLossy = syntax.lossy || header.kind === 'jpeg-8' || header.kind === 'jpeg-12'
  return isLossy
    ? clampStoredValues(decoded.values, inLowBits)
    : extractStoredValues(toWords(decoded.values), inLowBits)
}

/** The bits of decoded values as unsigned words, the sign to be extended from BitsStored. */
function toWords(values: StoredValues): Uint8Array | Uint16Array {
  if (values instanceof Int8Array) return new Uint8Array(values.buffer, values.byteOffset, values.length)
  if (values instanceof Int16Array) return new Uint16Array(values.buffer, values.byteOffset, values.length)
  return values
}

/** A picture without a data set: shown as it is, nothing known of the acquisition. */
async function decodePicture(
  bytes: Uint8Array,
  format: 'png' | 'jpeg',
  codecs: PixelCodecs,
  policy: SuitabilityPolicy,
): Promise<Radiograph> {
  const raster = await codecs.decodeRaster(bytes, { maximumPixels: policy.maximumPixels })
  assertSuitableSize(raster, policy)
  if (raster.colourful) throw new StudyRejectedError('not-a-frontal-chest', 'the picture is in colour')
  return {
    rows: raster.rows,
    columns: raster.columns,
    values: raster.values,
    facts: { ...noFacts, format, bitsAllocated: raster.bitsStored, bitsStored: raster.bitsStored },
    presentation: asItIs,
    warnings: ['no-acquisition-facts', 'spacing-unknown', 'age-unknown'],
  }
}

const noFacts: Omit<AcquisitionFacts, 'format' | 'bitsAllocated' | 'bitsStored'> = {
  transferSyntaxUid: null,
  sopClassUid: null,
  sopInstanceUid: null,
  studyInstanceUid: null,
  seriesInstanceUid: null,
  modality: null,
  bodyPartExamined: null,
  viewPosition: null,
  patientOrientation: null,
  photometricInterpretation: null,
  patientAgeYears: null,
  patientSex: null,
  manufacturer: null,
  pixelSpacing: null,
}

/** No window: the prepared image takes all bits, or what the values themselves ask for. */
const asItIs: GreyscalePresentation = {
  modality: { kind: 'identity' },
  window: null,
  voiLut: null,
  inverted: false,
  padding: null,
}
