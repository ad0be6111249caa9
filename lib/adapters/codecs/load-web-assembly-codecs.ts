import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Context, NativeCodecs } from 'dcmjs-codecs'

const load = createRequire(import.meta.url)

/** What the decoders of CharLS and OpenJPEG have in common. */
export interface WebAssemblyDecoder {
  getEncodedBuffer(length: number): Uint8Array
  decode(): void
  getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number; isSigned: boolean }
  getDecodedBuffer(): Uint8Array
  delete(): void
}

type DecoderModule = Record<string, new () => WebAssemblyDecoder>
type CreateModule = (options: Record<'print' | 'printErr', (line: string) => void>) => Promise<DecoderModule>

/** The WebAssembly builds: the packages' main entries are asm.js, several times slower. */
const decoders = {
  charls: { entry: '@cornerstonejs/codec-charls/decodewasmjs', name: 'JpegLSDecoder' },
  openjpeg: { entry: '@cornerstonejs/codec-openjpeg/decodewasmjs', name: 'J2KDecoder' },
} as const

/** @param onLine Told what the codec prints: to the console, unless told elsewhere. */
export async function loadDecoder(
  library: keyof typeof decoders,
  onLine: (line: string) => void,
): Promise<new () => WebAssemblyDecoder> {
  const { entry, name } = decoders[library]
  const create = load(entry) as CreateModule
  const module = await create({ print: onLine, printErr: onLine })
  return module[name]
}

/** Of dcmjs-codecs 0.0.8: a package of one author, so its binary is held against the one that was examined. */
const ijgSha256 = 'dff1bc9b3872588c231ea90894f05e7eacd7f5074b9db964e64e7f3f29821d30'

export interface IjgCodecs {
  readonly Context: typeof Context
  readonly NativeCodecs: typeof NativeCodecs
}

/** DCMTK's JPEG library in dcmjs-codecs: the one decoder here that is right on 12-bit and on lossless JPEG. */
export async function loadIjgCodecs(): Promise<IjgCodecs> {
  const folder = dirname(load.resolve('dcmjs-codecs'))
  const found = createHash('sha256')
    .update(readFileSync(join(folder, 'dcmjs-native-codecs.wasm')))
    .digest('hex')
  if (found !== ijgSha256) throw new Error(`dcmjs-native-codecs.wasm has SHA-256 ${found}, expected ${ijgSha256}`)
  const codecs = load('dcmjs-codecs') as IjgCodecs
  if (!codecs.NativeCodecs.isInitialized()) await codecs.NativeCodecs.initializeAsync()
  return codecs
}
