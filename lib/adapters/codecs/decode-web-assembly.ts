import type { DecodedCodestream, DecodedFrame, EncodedFrame } from '../../screening/kernel/ports.ts'
import type { WorkerKind } from './codec-messages.ts'
import { type IjgCodecs, loadDecoder, loadIjgCodecs, type WebAssemblyDecoder } from './load-web-assembly-codecs.ts'
import { createOpenJpegReport, type OpenJpegReport, requestTerminationCheck } from './open-jpeg-report.ts'

export type FrameDecoder = (frame: EncodedFrame) => DecodedCodestream

/** Loads the codec of a kind of codestream. Its decoder throws whatever the codec throws: numbers, texts, errors. */
export async function loadFrameDecoder(kind: WorkerKind): Promise<FrameDecoder> {
  switch (kind) {
    case 'jpeg-12':
    case 'jpeg-lossless': {
      const codecs = await loadIjgCodecs()
      return (frame) => ({ ...decodeWithIjg(codecs, frame), isDamaged: false })
    }
    case 'jpeg-ls': {
      const Decoder = await loadDecoder('charls', () => {})
      return (frame) => ({ ...decodeOnce(new Decoder(), frame), isDamaged: false })
    }
    case 'jpeg-2000':
    case 'htj2k': {
      const report = createOpenJpegReport()
      const Decoder = await loadDecoder('openjpeg', report.read)
      return (frame) => decodeWithOpenJpeg(new Decoder(), frame, report)
    }
  }
}

/** OpenJPEG reports damage only as lines of text, and returns what it could decode all the same. */
function decodeWithOpenJpeg(
  decoder: WebAssemblyDecoder,
  frame: EncodedFrame,
  report: OpenJpegReport,
): DecodedCodestream {
  report.clear()
  const decoded = decodeOnce(decoder, frame, requestTerminationCheck)
  return { ...decoded, isDamaged: report.isDamaged() }
}

function decodeOnce(
  decoder: WebAssemblyDecoder,
  frame: EncodedFrame,
  before: (codestream: Uint8Array) => void = () => {},
): DecodedFrame {
  try {
    const encoded = decoder.getEncodedBuffer(frame.codestream.length)
    encoded.set(frame.codestream)
    before(encoded)
    decoder.decode()
    const { width, height, bitsPerSample, componentCount, isSigned } = decoder.getFrameInfo()
    if (width !== frame.columns || height !== frame.rows || componentCount !== 1) {
      throw new Error(`the codec found ${height} × ${width} × ${componentCount} samples`)
    }
    const bytes = decoder.getDecodedBuffer()
    return frameOf(bytes, frame, bitsPerSample > 8, Boolean(isSigned))
  } finally {
    decoder.delete()
  }
}

function decodeWithIjg({ Context, NativeCodecs }: IjgCodecs, frame: EncodedFrame): DecodedFrame {
  const context = new Context({
    width: frame.columns,
    height: frame.rows,
    bitsAllocated: frame.bitsAllocated,
    bitsStored: frame.bitsStored,
    samplesPerPixel: 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
    encodedBuffer: frame.codestream,
  })
  const decoded = NativeCodecs.decodeJpeg(context, { convertColorspaceToRgb: false })
  const bytes = decoded.getDecodedBuffer()
  if (!bytes) throw new Error('the codec returned no pixels')
  return frameOf(bytes, frame, decoded.getBitsAllocated() === 16, false)
}

/** Copies the samples out of the codec's memory, which the next frame overwrites. */
function frameOf(bytes: Uint8Array, { rows, columns }: EncodedFrame, isWide: boolean, isSigned: boolean): DecodedFrame {
  const needed = rows * columns * (isWide ? 2 : 1)
  if (bytes.length < needed) throw new Error(`the codec returned ${bytes.length} bytes, expected ${needed}`)
  const { buffer } = bytes.slice(0, needed)
  if (isWide) return { rows, columns, values: isSigned ? new Int16Array(buffer) : new Uint16Array(buffer) }
  return { rows, columns, values: isSigned ? new Int8Array(buffer) : new Uint8Array(buffer) }
}
