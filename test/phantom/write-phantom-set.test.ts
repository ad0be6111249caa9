import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { writeDicom } from '../../lib/phantom/dicom-writer.ts'
import { drawPhantom } from '../../lib/phantom/draw-phantom.ts'
import { encodePhantom, storedValues } from '../../lib/phantom/encode-phantom.ts'
import { phantomIdentity } from '../../lib/phantom/phantom-elements.ts'
import { phantomUid } from '../../lib/phantom/phantom-uid.ts'
import { phantomFormats, planPhantom } from '../../lib/phantom/plan-phantom.ts'
import { isLossy, transferSyntaxes } from '../../lib/phantom/transfer-syntax.ts'
import { type PhantomSet, writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { decodeRunLength } from '../../lib/screening/finding/run-length.ts'
import { sha256Hex } from '../../lib/screening/kernel/identifiers.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'

const codecs = createCodecs()
let folder: string
let set: PhantomSet

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pleura-phantom-'))
  set = await writePhantomSet({ count: 12, outDir: join(folder, 'set'), seed: 5, rows: 256 })
})

afterAll(async () => {
  await codecs.close()
  await rm(folder, { recursive: true, force: true })
})

describe('phantomUid', () => {
  it('is valid, unambiguous and repeatable', () => {
    const uids = Array.from({ length: 200 }, (_, i) => phantomUid(`name ${i}`))
    for (const uid of uids) {
      // PS3.5 9.1: at most 64 characters, digits and points, no component with a leading zero.
      expect(uid).toMatch(/^2\.25\.(0|[1-9]\d*)$/)
      expect(uid.length).toBeLessThanOrEqual(64)
    }
    expect(new Set(uids).size).toBe(uids.length)
    expect(phantomUid('name 0')).toBe(uids[0])
  })
})

describe('an encoded phantom', () => {
  const phantom = drawPhantom({
    seed: 9,
    rows: 150,
    columns: 131,
    view: 'AP',
    sex: 'F',
    pneumothorax: { kind: 'lateral', side: 'left', extent: 'large' },
  })

  it('takes its turn in every transfer syntax', () => {
    expect(new Set(phantomFormats.map(({ syntax }) => syntax))).toEqual(new Set(Object.keys(transferSyntaxes)))
    expect(new Set(phantomFormats.map(({ bitsStored }) => bitsStored))).toEqual(new Set([8, 10, 12, 14, 16]))
  })

  it.each(phantomFormats)('reads back as $object, $syntax, $bitsStored bits, $photometric', async (format) => {
    const file = await encodePhantom(phantom, format, phantomIdentity(9))
    const radiograph = await decodeRadiograph(file, codecs)
    const stored = storedValues(phantom, format)
    let difference = 0
    for (let i = 0; i < stored.length; i++) {
      difference = Math.max(difference, Math.abs(radiograph.values[i] - stored[i]))
    }
    expect(difference).toBeLessThanOrEqual(isLossy(format.syntax) ? 24 : 0)
    expect(radiograph).toMatchObject({ rows: 150, columns: 131 })
    // Like a real detector's, the spacing is that of the detector, not of the patient.
    expect(radiograph.warnings).toEqual(format.object === 'siim' ? [] : ['spacing-at-detector'])
    expect(radiograph.facts).toMatchObject({
      transferSyntaxUid: transferSyntaxes[format.syntax],
      modality: format.object === 'DX' ? 'DX' : 'CR',
      viewPosition: 'AP',
      patientOrientation: ['L', 'F'],
      photometricInterpretation: format.photometric,
      bitsStored: format.bitsStored,
      patientSex: 'F',
      bodyPartExamined: 'CHEST',
    })
    expect(radiograph.facts.pixelSpacing?.rowMm).toBeCloseTo(phantom.description.pixelSpacingMm, 5)
    expect(radiograph.presentation.inverted).toBe(format.photometric === 'MONOCHROME1')
    expect(radiograph.presentation.voiLut !== null).toBe(format.voi === 'lut')
  })

  it.each(phantomFormats.filter(({ syntax }) => syntax !== 'jpeg-baseline'))(
    'holds any depth: $syntax',
    async (format) => {
      for (const bitsStored of [8, 10, 12, 14, 16] as const) {
        const file = await encodePhantom(phantom, { ...format, bitsStored }, phantomIdentity(9))
        const { values } = await decodeRadiograph(file, codecs)
        expect(values.length).toBe(150 * 131)
        expect(Buffer.compare(bytesOf(values), bytesOf(storedValues(phantom, { ...format, bitsStored })))).toBe(0)
      }
    },
  )

  it('names no patient', async () => {
    const file = await encodePhantom(phantom, phantomFormats[0], phantomIdentity(9))
    expect(file.includes('PHANTOM^0009')).toBe(true)
    expect(file.includes('Synthetic phantom, not a patient')).toBe(true)
  })

  it('refuses a value too long for its VR', () => {
    const frame = { bytes: new Uint8Array(2), bitsAllocated: 8 as const }
    const element = { tag: 0x00081030, vr: 'LO' as const, value: 'x'.repeat(65_536) }
    expect(() => writeDicom([element], frame, 'explicit-little-endian')).toThrow(RangeError)
  })

  it('refuses a depth that the syntax cannot hold', async () => {
    const format = { ...phantomFormats[0], syntax: 'jpeg-baseline' } as const
    await expect(encodePhantom(phantom, format, phantomIdentity(9))).rejects.toThrow(RangeError)
  })
})

describe('a written set', () => {
  it('is half positive, with every kind in turn', () => {
    expect(set).toMatchObject({ count: 12, positive: 6 })
    expect(new Set(set.phantoms.map(({ pneumothorax }) => pneumothorax?.kind))).toEqual(
      new Set([undefined, 'apical', 'lateral', 'tension', 'basal']),
    )
    expect(new Set(set.phantoms.map(({ view }) => view))).toEqual(new Set(['AP', 'PA']))
    expect(new Set(set.phantoms.map(({ sex }) => sex))).toEqual(new Set(['F', 'M']))
  })

  it('lies in the SIIM-ACR layout', async () => {
    const entries = await readdir(join(folder, 'set'), { recursive: true })
    const images = entries.filter((entry) => entry.endsWith('.dcm'))
    expect(images).toHaveLength(12)
    for (const image of images) expect(image.split('/')).toHaveLength(4)
    expect(set.phantoms.map(({ file }) => file).sort()).toEqual(images.sort())
  })

  it('has run lengths that are the masks', async () => {
    const lines = (await readFile(join(folder, 'set/train-rle.csv'), 'utf8')).trimEnd().split('\n')
    expect(lines[0]).toBe('ImageId,EncodedPixels')
    expect(lines).toHaveLength(13)
    for (const [index, line] of lines.slice(1, 7).entries()) {
      const [imageId, code] = line.split(',')
      const { options } = planPhantom(5, index, { rows: 256, columns: 256 })
      const phantom = drawPhantom(options)
      expect(imageId).toBe(set.phantoms[index].sopInstanceUid)
      expect(Buffer.compare(decodeRunLength(code, phantom), phantom.mask)).toBe(0)
      expect(code === '-1').toBe(options.pneumothorax === null)
    }
  })

  it('describes every phantom and says that none is a patient', async () => {
    const table = (await readFile(join(folder, 'set/phantoms.csv'), 'utf8')).trimEnd().split('\n')
    expect(table).toHaveLength(13)
    expect(new Set(table.map((line) => line.split(',').length)).size).toBe(1)
    expect(await readFile(join(folder, 'set/README.txt'), 'utf8')).toMatch(/never stand in for clinical evidence/)
  })

  it('is the same for the same seed, byte for byte', async () => {
    const again = await writePhantomSet({ count: 4, outDir: join(folder, 'again'), seed: 5, rows: 256 })
    for (const { file } of again.phantoms) {
      const [first, second] = await Promise.all(
        ['set', 'again'].map((name) => readFile(join(folder, name, file)).then(sha256Hex)),
      )
      expect(second).toBe(first)
    }
    const other = await writePhantomSet({ count: 1, outDir: join(folder, 'other'), seed: 6, rows: 64 })
    expect(other.phantoms[0].sopInstanceUid).not.toBe(set.phantoms[0].sopInstanceUid)
  })

  it('may be written in one format, says how far it is, and stops when told', async () => {
    const progress: number[] = []
    const stop = new AbortController()
    const writing = writePhantomSet({
      count: 5,
      outDir: join(folder, 'stopped'),
      seed: 1,
      rows: 64,
      format: phantomFormats[0],
      signal: stop.signal,
      onProgress: (written) => {
        progress.push(written)
        if (written === 2) stop.abort()
      },
    })
    await expect(writing).rejects.toThrow(/abort/i)
    expect(progress).toEqual([1, 2])
  })
})

function bytesOf(values: Uint8Array | Int8Array | Uint16Array | Int16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
