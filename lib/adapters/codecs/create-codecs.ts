import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { PixelCodecs } from '../../screening/kernel/ports.ts'
import { CodecThread } from './codec-thread.ts'
import { decodeJpegFrame, decodePicture } from './decode-with-sharp.ts'

export interface CodecOptions {
  /** The built codec-worker.js. @default the one in the package's dist/ */
  readonly workerFile?: string
  /** How long a WebAssembly codec may take over any frame. Unit: milliseconds. @default by its pixels */
  readonly timeLimitMs?: number
}

/** Sharp for JPEG of 8 bits and PNG, WebAssembly codecs in a thread for the rest, each loaded when first needed. */
export function createCodecs(options: CodecOptions = {}): PixelCodecs & { close(): Promise<void> } {
  const thread = new CodecThread(options.workerFile ?? builtWorkerFile(), options.timeLimitMs ?? null)
  return {
    decodeFrame: (frame) => (frame.kind === 'jpeg-8' ? decodeJpegFrame(frame) : thread.decode(frame.kind, frame)),
    decodeRaster: (bytes, limits) => decodePicture(bytes, limits?.maximumPixels ?? defaultMaximumPixels),
    encodeGreyPng: async ({ pixels, rows, columns }) =>
      sharp(pixels, { raw: { width: columns, height: rows, channels: 1 } })
        .toColourspace('b-w')
        .png({ compressionLevel: 2, adaptiveFiltering: false })
        .toBuffer(),
    close: () => thread.close(),
  }
}

const defaultMaximumPixels = 64_000_000

/** From dist/ and from the sources alike: below the folder of our package.json. */
function builtWorkerFile(): string {
  const start = dirname(fileURLToPath(import.meta.url))
  for (let folder = start; dirname(folder) !== folder; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return join(folder, 'dist/lib/adapters/codecs/codec-worker.js')
  }
  throw new ConfigurationError(`no package.json above ${start}: say where codec-worker.js lies with workerFile`)
}
