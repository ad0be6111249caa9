import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { createCodecs } from '../lib/adapters/codecs/create-codecs.ts'
import { systemClock } from '../lib/adapters/embedded/system-clock.ts'
import { drawPhantom } from '../lib/phantom/draw-phantom.ts'
import { encodePhantom } from '../lib/phantom/encode-phantom.ts'
import { phantomIdentity } from '../lib/phantom/phantom-elements.ts'
import { phantomFormats } from '../lib/phantom/plan-phantom.ts'
import { StudyRejectedError } from '../lib/screening/kernel/errors.ts'
import { preprocess } from '../lib/screening/preprocess.ts'
import { defaultSuitabilityPolicy } from '../lib/screening/radiograph/suitability.ts'
import { pipelineVersion } from '../lib/screening/result-documents/screening-key.ts'
import { buildDicom, rampValues, side, words } from './radiograph/build-dicom.ts'

const recordFile = new URL('pipeline-version.json', import.meta.url)
const codecs = createCodecs()

/** A phantom of every encoding, one that is reduced, a picture, and one that shows nothing. */
async function drawFiles(): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  const phantom = drawPhantom({ seed: 1, rows: 160, columns: 128, view: 'PA', sex: 'M' })
  for (const format of phantomFormats) {
    const { object, syntax, voi } = format
    files.set(`${object} ${syntax}, ${voi}`, await encodePhantom(phantom, format, phantomIdentity(1)))
  }
  const [rows, columns] = [1300, 1100]
  files.set(
    'reduced',
    buildDicom({
      elements: [
        [0x0028, 0x0010, 'US', rows],
        [0x0028, 0x0011, 'US', columns],
      ],
      pixels: words(Array.from({ length: rows * columns }, (_, at) => rampValues[at % rampValues.length])),
    }),
  )
  const grey = Uint8Array.from(rampValues, (value) => value >> 4)
  const picture = (pixels: Uint8Array) =>
    sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer()
  files.set('PNG', await picture(grey))
  files.set('blank', await picture(grey.map(() => 7)))
  return files
}

/** All that preprocessing gives but the time it took. */
async function outcomeOf(file: Uint8Array): Promise<string> {
  try {
    const { timingsMs: _, prepared, ...rest } = await preprocess(file, codecs, defaultSuitabilityPolicy, systemClock)
    const { pixels, ...picture } = prepared
    return `${JSON.stringify({ ...rest, picture })}${Buffer.from(pixels).toString('latin1')}`
  } catch (error) {
    if (error instanceof StudyRejectedError) return error.code
    throw error
  }
}

const digestOf = (content: Uint8Array | string): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 16)

it('is another one where preprocessing gives something else for the same files', async () => {
  const found: Record<string, { file: string; outcome: string }> = {}
  for (const [name, file] of await drawFiles()) {
    found[name] = { file: digestOf(file), outcome: digestOf(await outcomeOf(file)) }
  }
  const recorded = JSON.parse(readFileSync(recordFile, 'utf8'))
  const remedy =
    recorded.pipelineVersion === pipelineVersion
      ? `Preprocessing gives something else than version ${pipelineVersion} did: stored pictures and results would be taken for those of this program. Raise pipelineVersion in screening-key.ts and write what was received into test/pipeline-version.json. (Where 'file' differs too, another file was drawn: if that is all, the version may stay.)`
      : `pipelineVersion is ${pipelineVersion} now: write what was received into test/pipeline-version.json.`
  expect({ pipelineVersion, files: found }, remedy).toEqual(recorded)
})
