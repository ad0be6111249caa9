import { execFileSync, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { prepareImage } from '../../lib/screening/prepared-image/prepare-image.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import { medianMs, ms } from './measure.ts'

const repeats = 7

/** Preprocessing of one 3000 × 3000 16-bit file by stage, against whole processes of DCMTK and pydicom where installed. */
export async function benchPreprocessing(file: string, folder: string): Promise<string[][]> {
  const codecs = createCodecs()
  const source = await readFile(file)
  const radiograph = await decodeRadiograph(source, codecs)
  const prepared = prepareImage(radiograph)
  const stages = {
    read: await medianMs(repeats, () => readFile(file)),
    decode: await medianMs(repeats, () => decodeRadiograph(source, codecs)),
    'prepare (window, reduce to 1024)': await medianMs(repeats, () => prepareImage(radiograph)),
    'encode PNG': await medianMs(repeats, () => codecs.encodeGreyPng(prepared)),
  }
  await codecs.close()
  const total = Object.values(stages).reduce((sum, value) => sum + value, 0)
  const out = join(folder, 'other.png')
  return [
    ...Object.entries(stages).map(([stage, value]) => [`Pleura: ${stage}`, ms(value)]),
    ['Pleura: all of it', ms(total)],
    [
      'DCMTK dcmj2pnm, same file to a 1024 PNG (process)',
      await timeOf('dcmj2pnm', ['--write-png', '+Wi', '1', '+Sxv', '1024', file, out]),
    ],
    ['DCMTK process start alone', await timeOf('dcmj2pnm', ['--version'])],
    ['pydicom + Pillow, same file to a 1024 PNG (process)', await timeOf('python3', ['-c', pydicomProgram, file, out])],
    ['pydicom + Pillow imports alone', await timeOf('python3', ['-c', pydicomProgram.split('\n')[0]])],
  ]
}

const pydicomProgram = `import sys, pydicom, numpy; from PIL import Image; from pydicom.pixels import apply_voi_lut
d = pydicom.dcmread(sys.argv[1]); a = apply_voi_lut(d.pixel_array, d).astype('float32')
a = (a - a.min()) / (a.max() - a.min()) * 255
if d.PhotometricInterpretation == 'MONOCHROME1': a = 255 - a
Image.fromarray(a.round().astype('uint8')).resize((1024, 1024), Image.BOX).save(sys.argv[2])`

async function timeOf(program: string, args: string[]): Promise<string> {
  if (spawnSync(program, args, { stdio: 'ignore' }).status !== 0) return 'not installed'
  return ms(await medianMs(3, () => execFileSync(program, args, { stdio: 'ignore' })))
}
