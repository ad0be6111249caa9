import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { encodeFrame } from '../../lib/phantom/encode-frame.ts'
import { prepareImage } from '../../lib/screening/prepared-image/prepare-image.ts'
import { resample } from '../../lib/screening/prepared-image/resample.ts'
import { checkCodestream } from '../../lib/screening/radiograph/check-codestream.ts'
import { readCodestreamHeader } from '../../lib/screening/radiograph/codestream-header.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { sharedFolder } from './corpus-index.ts'

/* Real chests as DICOM (Secondary Capture, modality CR, JPEG baseline) against the JPEG of the same image. */

const folder = sharedFolder && join(sharedFolder, 'data/chest-radiographs')
const names =
  folder && existsSync(join(folder, 'dicom'))
    ? readdirSync(join(folder, 'dicom')).filter((n) => n.endsWith('.dcm'))
    : []

const codecs = createCodecs()
afterAll(() => codecs.close())

if (names.length === 0) console.log('real chests: not on this machine, their tests are left out')

describe.skipIf(names.length === 0)('a real chest', () => {
  it.each(names)('%s looks like its JPEG', async (name) => {
    // The JPEGs were encoded a second time, some of them at half the size: alike, not the same.
    const policy = { ...defaultSuitabilityPolicy, minimumAgeYears: 0 }
    const prepared = prepareImage(
      await decodeRadiograph(readFileSync(join(folder as string, 'dicom', name)), codecs, policy),
    )
    const jpeg = sharp(join(folder as string, 'images', name.replace('.dcm', '.jpg')))
      .toColourspace('b-w')
      .raw()
    const { data, info } = await jpeg.toBuffer({ resolveWithObject: true })
    const resized = resample(prepared.pixels, prepared, { rows: info.height, columns: info.width })
    const meanDifference =
      resized.reduce((sum, value, pixel) => sum + Math.abs(value - data[pixel]), 0) / resized.length
    expect(meanDifference).toBeLessThan(2)
    expect(prepared.greyLevels.origin).toBe('full-range')
    expect(prepared.warnings).not.toContain('pixel-data-damaged')
  })
  it.each(['jpeg-2000-lossless', 'htj2k-lossless', 'jpeg-ls-lossless'] as const)(
    'enlarged sixfold puts fewer than 24 pixels into a byte of %s',
    async (syntax) => {
      const [rows, columns] = [3000, 3000]
      for (const name of names.slice(0, 3)) {
        const file = join(folder as string, 'images', name.replace('.dcm', '.jpg'))
        const small = await sharp(file).toColourspace('b-w').resize(512, 512, { fit: 'fill' }).png().toBuffer()
        const values = await sharp(small).resize(columns, rows).toColourspace('b-w').raw().toBuffer()
        const codestream = await encodeFrame({ rows, columns, values, bitsStored: 8 }, syntax)
        expect(values).toHaveLength(rows * columns)
        expect((rows * columns) / codestream.length).toBeLessThan(24)
        expect(() => checkCodestream(readCodestreamHeader(codestream), codestream, false)).not.toThrow()
      }
    },
  )
})
