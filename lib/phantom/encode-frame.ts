import { createRequire } from 'node:module'
import type { NativeCodecs as NativeCodecsClass, Context as NativeContext } from 'dcmjs-codecs'
import sharp from 'sharp'
import type { ImageSize } from '../screening/kernel/geometry.ts'
import { encodeRle } from './encode-rle.ts'
import type { TransferSyntax } from './transfer-syntax.ts'

const load = createRequire(import.meta.url)

/** Stored values of one frame: unsigned, the lowest `bitsStored` bits. Shape: rows × columns, row-major. */
export interface StoredFrame extends ImageSize {
  readonly values: Uint8Array | Uint16Array
  readonly bitsStored: number
}

/**
 * The bytes of the Pixel Data element in a transfer syntax: little endian samples, or one code stream.
 * @throws {RangeError} when the syntax cannot hold the bit depth
 */
export async function encodeFrame(frame: StoredFrame, syntax: TransferSyntax): Promise<Uint8Array> {
  const samples = littleEndian(frame.values)
  switch (syntax) {
    case 'implicit-little-endian':
    case 'explicit-little-endian':
    case 'deflated-explicit-little-endian':
    case 'explicit-big-endian':
      return samples
    case 'rle':
      return encodeRle(samples, frame.values.BYTES_PER_ELEMENT as 1 | 2, frame.columns)
    case 'jpeg-baseline':
      return encodeJpegBaseline(frame)
    case 'jpeg-lossless-sv1':
      return encodeJpegLossless(frame, samples)
    case 'jpeg-ls-lossless':
      return encodeJpegLs(frame, samples)
    case 'jpeg-2000-lossless':
      return encodeWavelet(frame, samples, '@cornerstonejs/codec-openjpeg/wasmjs', 'J2KEncoder')
    case 'htj2k-lossless':
      return encodeWavelet(frame, samples, '@cornerstonejs/codec-openjph/wasmjs', 'HTJ2KEncoder')
  }
}

function littleEndian(values: Uint8Array | Uint16Array): Uint8Array {
  if (values instanceof Uint8Array) return values
  const bytes = Buffer.alloc(values.length * 2)
  for (let i = 0; i < values.length; i++) bytes.writeUInt16LE(values[i], 2 * i)
  return bytes
}

async function encodeJpegBaseline(frame: StoredFrame): Promise<Uint8Array> {
  if (frame.bitsStored !== 8) throw new RangeError(`JPEG baseline holds 8 bits, not ${frame.bitsStored}`)
  const raw = { width: frame.columns, height: frame.rows, channels: 1 as const }
  return sharp(frame.values, { raw }).toColourspace('b-w').jpeg({ quality: 92 }).toBuffer()
}

/** DCMTK's JPEG library, the one encoder of lossless JPEG at hand. Its lossy half stops at 8 bits. */
async function encodeJpegLossless(frame: StoredFrame, samples: Uint8Array): Promise<Uint8Array> {
  const { Context, NativeCodecs } = load('dcmjs-codecs') as {
    Context: typeof NativeContext
    NativeCodecs: typeof NativeCodecsClass
  }
  if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync()
  const context = new Context({
    width: frame.columns,
    height: frame.rows,
    bitsAllocated: frame.values.BYTES_PER_ELEMENT * 8,
    bitsStored: frame.bitsStored,
    samplesPerPixel: 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
    decodedBuffer: Uint8Array.from(samples),
  })
  const encoded = NativeCodecs.encodeJpeg(context, {
    lossy: false,
    predictor: 1,
    pointTransform: 0,
    smoothingFactor: 0,
    sampleFactor: 0,
  })
  return Uint8Array.from(encoded.getEncodedBuffer()!)
}

/** The encoders of the WebAssembly codecs, as far as they are used here. */
interface WebAssemblyEncoder {
  getDecodedBuffer(frame: Record<string, number | boolean>): Uint8Array
  getEncodedBuffer(): Uint8Array
  encode(): void
  delete(): void
  setNearLossless(error: number): void
  setQuality(lossless: boolean, quantizationStep: number): void
}

type EncoderModule = Record<string, new () => WebAssemblyEncoder>

function frameFacts(frame: StoredFrame): Record<string, number | boolean> {
  return {
    width: frame.columns,
    height: frame.rows,
    bitsPerSample: frame.bitsStored,
    componentCount: 1,
    isSigned: false,
    isUsingColorTransform: false,
  }
}

async function encodeJpegLs(frame: StoredFrame, samples: Uint8Array): Promise<Uint8Array> {
  const encoder = new (await loadModule('@cornerstonejs/codec-charls/wasmjs')).JpegLSEncoder()
  try {
    encoder.getDecodedBuffer(frameFacts(frame)).set(samples)
    encoder.setNearLossless(0)
    encoder.encode()
    return Uint8Array.from(encoder.getEncodedBuffer())
  } finally {
    encoder.delete()
  }
}

async function encodeWavelet(
  frame: StoredFrame,
  samples: Uint8Array,
  module: string,
  name: 'J2KEncoder' | 'HTJ2KEncoder',
): Promise<Uint8Array> {
  const encoder = new (await loadModule(module))[name]()
  try {
    encoder.getDecodedBuffer(frameFacts(frame)).set(samples)
    encoder.setQuality(true, 0)
    encoder.encode()
    return Uint8Array.from(encoder.getEncodedBuffer())
  } finally {
    encoder.delete()
  }
}

const modules = new Map<string, Promise<EncoderModule>>()

function loadModule(name: string): Promise<EncoderModule> {
  let loaded = modules.get(name)
  if (!loaded) {
    const create = load(name) as (options: object) => Promise<EncoderModule>
    // Codecs print their progress to the console unless told where to print.
    loaded = create({ print: () => {}, printErr: () => {} })
    modules.set(name, loaded)
  }
  return loaded
}
