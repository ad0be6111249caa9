import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { encodeFrame } from '../../lib/phantom/encode-frame.ts'
import type { TransferSyntax } from '../../lib/phantom/transfer-syntax.ts'
import { ConfigurationError } from '../../lib/screening/kernel/errors.ts'
import type { EncodedFrame } from '../../lib/screening/kernel/ports.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { buildDicom, type DicomOptions, rampValues, side, syntaxes } from '../radiograph/build-dicom.ts'

/** OpenJPH, which decodes nothing in the product: a second opinion. */
interface LossyCodec {
  getDecodedBuffer(layout?: object): Uint8Array
  getEncodedBuffer(length?: number): Uint8Array
  setQuality(lossless: boolean, quantizationStep: number): void
  encode(): void
  decode(): void
}

const codecs = createCodecs()
const folder = mkdtempSync(join(tmpdir(), 'pleura-codecs-'))
afterAll(async () => {
  await codecs.close()
  rmSync(folder, { recursive: true })
})

const uids: Partial<Record<TransferSyntax, string>> = {
  'jpeg-baseline': syntaxes.jpegBaseline,
  'jpeg-lossless-sv1': syntaxes.jpegLossless,
  'jpeg-ls-lossless': syntaxes.jpegLs,
  'jpeg-2000-lossless': syntaxes.jpeg2000,
  'htj2k-lossless': syntaxes.htj2k,
}
const lossless = ['jpeg-lossless-sv1', 'jpeg-ls-lossless', 'jpeg-2000-lossless', 'htj2k-lossless'] as const

const valuesOf = (bits: number): Uint8Array | Uint16Array =>
  bits === 8
    ? Uint8Array.from(rampValues, (v) => v >> 4)
    : Uint16Array.from(rampValues, (v) => (bits === 16 ? v * 16 : v))

const layout = (bits: number, signed = 0): NonNullable<DicomOptions['elements']> => [
  [0x0028, 0x0100, 'US', bits === 8 ? 8 : 16],
  [0x0028, 0x0101, 'US', bits],
  [0x0028, 0x0102, 'US', bits - 1],
  [0x0028, 0x0103, 'US', signed],
]

const encode = (syntax: TransferSyntax, bits: number): Promise<Uint8Array> =>
  encodeFrame({ rows: side, columns: side, values: valuesOf(bits), bitsStored: bits }, syntax)

const decode = async (syntax: TransferSyntax, bits: number, options: DicomOptions = {}) => {
  const fragments = [await encode(syntax, bits)]
  const declared = { transferSyntax: uids[syntax] as string, elements: layout(bits), fragments, ...options }
  return decodeRadiograph(buildDicom(declared), codecs)
}

describe('a compressed frame', () => {
  const cases = lossless.flatMap((syntax) => [8, 12, 16].map((bits) => [syntax, bits] as const))

  it.each(cases)('of %s and %d bits is decoded exactly', async (syntax, bits) => {
    const { values, warnings } = await decode(syntax, bits)
    expect(values).toEqual(valuesOf(bits))
    expect(warnings).toEqual([])
  })

  it.each(lossless)('of %s and 8 bits under a header of 12 has 8, with a warning', async (syntax) => {
    const codestream = await encodeFrame({ rows: side, columns: side, values: valuesOf(8), bitsStored: 8 }, syntax)
    const { values, facts, warnings } = await decode(syntax, 12, { fragments: [codestream] })
    expect(values).toEqual(Uint16Array.from(valuesOf(8)))
    expect(facts.bitsStored).toBe(8)
    expect(warnings).toEqual(['bits-not-as-declared'])
  })

  it.each(lossless)('of %s and 12 bits under a header of 10 is not wrapped round, with a warning', async (syntax) => {
    const { values, facts, warnings } = await decode(syntax, 12, { elements: layout(10) })
    expect(values).toEqual(rampValues)
    expect(facts.bitsStored).toBe(12)
    expect(warnings).toEqual(['bits-not-as-declared'])
  })

  it.each(lossless)('of %s is sign-extended where the data set is signed', async (syntax) => {
    // As signed values they go on from 4095 to 0.
    const turned = rampValues.map((value) => (value + 2048) & 0xfff)
    const codestream = await encodeFrame({ rows: side, columns: side, values: turned, bitsStored: 12 }, syntax)
    const { values } = await decode(syntax, 12, { elements: layout(12, 1), fragments: [codestream] })
    expect(values).toEqual(Int16Array.from(turned, (value) => (value > 2047 ? value - 4096 : value)))
  })

  it('of JPEG baseline is decoded to within its loss', async () => {
    const { values } = await decode('jpeg-baseline', 8)
    const errors = Array.from(values, (value, pixel) => Math.abs(value - (rampValues[pixel] >> 4)))
    expect(values).toBeInstanceOf(Uint8Array)
    expect(errors.reduce((a, b) => a + b) / errors.length).toBeLessThan(8)
  })

  it.each([false, true])(
    'of lossy HTJ2K (signed: %s) is what another decoder makes of it, to within 1',
    async (signed) => {
      const openjph: Record<string, new () => LossyCodec> = await createRequire(import.meta.url)(
        '@cornerstonejs/codec-openjph/wasmjs',
      )({ print: () => {} })
      const samples = signed ? Int16Array.from(rampValues, (value) => value - 2048) : rampValues
      const encoder = new openjph.HTJ2KEncoder()
      const layout = { width: side, height: side, bitsPerSample: 12, componentCount: 1, isUsingColorTransform: false }
      encoder.getDecodedBuffer({ ...layout, isSigned: signed }).set(new Uint8Array(samples.buffer))
      encoder.setQuality(false, 0.002)
      encoder.encode()
      const codestream = Uint8Array.from(encoder.getEncodedBuffer())
      const decoder = new openjph.HTJ2KDecoder()
      decoder.getEncodedBuffer(codestream.length).set(codestream)
      decoder.decode()
      const { buffer } = decoder.getDecodedBuffer().slice()
      const expected = signed ? new Int16Array(buffer) : new Uint16Array(buffer)
      const frame = { kind: 'htj2k', codestream, rows: side, columns: side, bitsAllocated: 16, bitsStored: 12 } as const
      const { values, isDamaged } = await codecs.decodeFrame({ ...frame, signed })
      expect(Math.max(...values.map((value, pixel) => Math.abs(value - expected[pixel])))).toBeLessThanOrEqual(1)
      expect(isDamaged).toBe(false)
    },
  )

  it('is clamped, not masked, where a lossy syntax overshoots', async () => {
    // Twelve bits of values in a codestream of 16, declared lossy: what is too bright stays bright.
    const bright = { rows: side, columns: side, values: new Uint16Array(side * side).fill(4100), bitsStored: 16 }
    const fragments = [await encodeFrame(bright, 'jpeg-ls-lossless')]
    const file = buildDicom({ transferSyntax: syntaxes.jpegLsNear, fragments })
    expect(new Set((await decodeRadiograph(file, codecs)).values)).toEqual(new Set([4095]))
  })

  it('may be split into fragments', async () => {
    const codestream = await encode('jpeg-ls-lossless', 12)
    const fragments = [codestream.subarray(0, 100), codestream.subarray(100, 1000), codestream.subarray(1000)]
    expect((await decode('jpeg-ls-lossless', 12, { fragments })).values).toEqual(rampValues)
  })

  it('may be padded', async () => {
    const fragments = [new Uint8Array(Buffer.concat([await encode('jpeg-lossless-sv1', 12), Buffer.alloc(3)]))]
    expect((await decode('jpeg-lossless-sv1', 12, { fragments })).values).toEqual(rampValues)
  })

  it('may lie in a JP2 file', async () => {
    const codestream = await encode('jpeg-2000-lossless', 12)
    const box = (type: string, body: Uint8Array): Buffer => {
      const header = Buffer.alloc(8)
      header.writeUInt32BE(8 + body.length, 0)
      header.write(type, 4)
      return Buffer.concat([header, body])
    }
    const boxes = [
      box('jP  ', Uint8Array.of(13, 10, 0x87, 10)),
      box('ftyp', Buffer.from('jp2 ')),
      box('jp2c', codestream),
    ]
    const { values } = await decode('jpeg-2000-lossless', 12, { fragments: [new Uint8Array(Buffer.concat(boxes))] })
    expect(values).toEqual(rampValues)
  })

  it('is decoded as what it is where the data set declares something else, with a warning', async () => {
    const { values, warnings } = await decode('jpeg-ls-lossless', 12, { transferSyntax: syntaxes.jpegLossless })
    expect(values).toEqual(rampValues)
    expect(warnings).toEqual(['codestream-not-as-declared'])
  })

  it.each(lossless)('of %s with garbage inside is rejected or decoded, and the next one is decoded', async (syntax) => {
    const broken = Uint8Array.from(await encode(syntax, 12))
    for (let at = 200; at < broken.length - 2; at++) broken[at] = (at * 197) & 0x7f
    const outcome = await decode(syntax, 12, { fragments: [broken] }).catch((error) => error.code)
    if (typeof outcome === 'string') expect(outcome).toBe('corrupt-pixel-data')
    expect((await decode(syntax, 12)).values).toEqual(rampValues)
  })

  it('that several ask for at once is decoded for each', async () => {
    const all = await Promise.all(lossless.map((syntax) => decode(syntax, 12)))
    for (const { values } of all) expect(values).toEqual(rampValues)
  })
})

describe('the codec thread', () => {
  const frame = async (): Promise<EncodedFrame> => ({
    kind: 'jpeg-ls',
    codestream: await encode('jpeg-ls-lossless', 12),
    rows: side,
    columns: side,
    bitsAllocated: 16,
    bitsStored: 12,
    signed: false,
  })
  const program = (name: string, source: string): string => {
    const file = join(folder, name)
    writeFileSync(file, source)
    return file
  }
  const listening =
    "import { parentPort } from 'node:worker_threads'\nparentPort.postMessage('ready')\nparentPort.on('message', () => { "

  it.each([
    ['hangs', `${listening} for (;;); })`, { code: 'time-limit' }],
    ['ends', `${listening} process.exit(3) })`, { code: 'corrupt-pixel-data' }],
    ['throws', `${listening} throw 42 })`, { code: 'corrupt-pixel-data' }],
    [
      'cannot load its codec',
      `${listening} parentPort.postMessage({ outcome: 'defect', detail: 'no such file' }); parentPort.close() })`,
      { name: 'CodecDefectError' },
    ],
  ])('that %s fails its frame and is replaced for the next', async (name, source, expected) => {
    const own = createCodecs({ workerFile: program(`${name}.mjs`, source), timeLimitMs: 2000 })
    await expect(own.decodeFrame(await frame())).rejects.toMatchObject(expected)
    await expect(own.decodeFrame(await frame())).rejects.toMatchObject(expected)
    await own.close()
  })

  it('that waits without computing is given up as well, later', async () => {
    const own = createCodecs({ workerFile: program('waits.mjs', `${listening} })`), timeLimitMs: 50 })
    await expect(own.decodeFrame(await frame())).rejects.toMatchObject({ code: 'time-limit' })
    await own.close()
  })

  it('that dies before it is ready is an error of configuration, never a fault of the picture', async () => {
    const own = createCodecs({ workerFile: program('dies.mjs', 'throw new Error("no memory")') })
    await expect(own.decodeFrame(await frame())).rejects.toBeInstanceOf(ConfigurationError)
    await own.close()
  })

  it('that is not built is an error of configuration', async () => {
    const own = createCodecs({ workerFile: join(folder, 'nowhere.mjs') })
    await expect(own.decodeFrame(await frame())).rejects.toBeInstanceOf(ConfigurationError)
    await own.close()
  })

  it('does not take the memory of its caller', async () => {
    const asked = await frame()
    await codecs.decodeFrame(asked)
    expect(asked.codestream.length).toBeGreaterThan(0)
  })
})
