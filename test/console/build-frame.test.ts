import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { buildFrame, type Frame } from '../../lib/console/api/build-frame.ts'
import { frameFacts } from '../../lib/console/contract/frame.ts'
import { buildSampleGrey, dragWindow, levelsOf } from '../../lib/console/page/viewer/grey-table.ts'
import { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import { applyModality } from '../../lib/screening/prepared-image/apply-window.ts'
import { buildGreyTable } from '../../lib/screening/prepared-image/grey-table.ts'
import { prepareImage } from '../../lib/screening/prepared-image/prepare-image.ts'
import { lowestStoredValue } from '../../lib/screening/prepared-image/value-histogram.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import type { GreyscalePresentation, Radiograph } from '../../lib/screening/radiograph/radiograph.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { corpusFolder, readCorpus } from '../conformance/corpus-index.ts'
import { buildRadiograph } from '../prepared-image/build-radiograph.ts'

const unsigned = Uint16Array.from({ length: 4096 }, (_, value) => value)
const signed = Int16Array.from({ length: 4096 }, (_, value) => value - 2048)
const square = Uint16Array.from({ length: 4096 }, (_, value) => Math.round((value * value) / 4096))
const squareLut = { kind: 'lut', lut: { firstMapped: 0, bitsPerEntry: 12, entries: square } } as const
const turnedVoiLut = {
  firstMapped: 0,
  bitsPerEntry: 8,
  entries: Uint16Array.from({ length: 4096 }, (_, value) => 255 - (value >> 4)),
}
const window = { center: 1500, width: 2500, function: 'LINEAR' } as const

const radiographs: [string, Radiograph['values'], Partial<GreyscalePresentation>][] = [
  ['a window', unsigned, { window }],
  ['no window', unsigned, {}],
  ['signed values', signed, { window: { ...window, center: 0 } }],
  [
    'a rescale with a fraction',
    unsigned,
    { modality: { kind: 'rescale', slope: 0.5, intercept: -100 }, window: { ...window, center: 900 } },
  ],
  ['a rescale that turns', unsigned, { modality: { kind: 'rescale', slope: -1, intercept: 4095 } }],
  ['a modality LUT', unsigned, { modality: squareLut }],
  ['MONOCHROME1', unsigned, { window, inverted: true }],
  ['a sigmoid', unsigned, { window: { ...window, function: 'SIGMOID' } }],
  ['a VOI LUT from white to black', unsigned, { voiLut: turnedVoiLut }],
  ['a window beside the values', unsigned, { window: { ...window, center: 60000 } }],
]

/** What a viewer shows of the first presentation, pixel by pixel. */
function shownAsScreened({ facts, samples }: Frame): Uint8Array {
  const grey = buildSampleGrey(facts, levelsOf(facts.presentations[0]))
  return Uint8Array.from(samples, (sample) => grey[sample])
}

describe('buildFrame', () => {
  it.each(radiographs)('shows of %s the very grey levels that were screened', (_, values, presentation) => {
    const radiograph = buildRadiograph(values, { rows: 64, ...presentation })
    const frame = buildFrame(radiograph)
    expect(frameFacts.parse(frame.facts)).toEqual(frame.facts)
    expect(shownAsScreened(frame)).toEqual(prepareImage(radiograph, { fullResolution: true }).pixels)
  })

  it.each(radiographs)(
    'makes of %s samples from which slope and intercept give the values back',
    (_, values, presentation) => {
      const radiograph = buildRadiograph(values, { rows: 64, ...presentation })
      const { samples, facts } = buildFrame(radiograph)
      const expected = Array.from(values, (stored) => applyModality(stored, radiograph.presentation.modality))
      expect(Array.from(samples, (sample) => facts.slope * sample + facts.intercept)).toEqual(expected)
    },
  )

  it.each(radiographs)("windows %s as the pipeline's own table does", (_, values, presentation) => {
    const radiograph = buildRadiograph(values, { rows: 64, ...presentation })
    const { samples, facts } = buildFrame(radiograph)
    const grey = buildSampleGrey(facts, { kind: 'window', window, isInverted: false })
    const table = buildGreyTable(radiograph, { origin: 'window', window })
    const lowest = lowestStoredValue(radiograph)
    expect(Array.from(samples, (sample) => grey[sample])).toEqual(
      Array.from(values, (stored) => table[stored - lowest]),
    )
  })

  it('offers the window and the VOI LUT of the file beside the levels that were screened', () => {
    const { facts } = buildFrame(buildRadiograph(unsigned, { rows: 64, window, voiLut: turnedVoiLut }))
    expect(facts.presentations.map(({ id }) => id)).toEqual(['screened', 'file-window', 'file-voi-lut', 'own-levels'])
  })

  it.each([
    ['of the patient', 'PixelSpacing', 'patient'],
    ['at the detector', 'ImagerPixelSpacing', 'detector'],
    ['estimated', 'ImagerPixelSpacing/EstimatedRadiographicMagnificationFactor', 'patient-estimated'],
  ] as const)('says that a spacing is %s', (_, origin, plane) => {
    const radiograph = buildRadiograph(unsigned, { rows: 64 })
    const spaced = {
      ...radiograph,
      facts: { ...radiograph.facts, pixelSpacing: { rowMm: 0.2, columnMm: 0.1, origin } },
    }
    expect(buildFrame(spaced).facts.spacing).toEqual({ rowMm: 0.2, columnMm: 0.1, plane })
  })

  it.each([
    ['assumes the standard display where the file is silent', null, false, { along: 'L', down: 'F' }, true],
    ['takes the orientation of the file', ['R', 'F'], false, { along: 'R', down: 'F' }, false],
    ['tells no direction where the orientation is not understood', null, true, null, false],
  ] as const)('%s', (_, patientOrientation, orientationUnusable, orientation, isOrientationAssumed) => {
    const radiograph = buildRadiograph(unsigned, { rows: 64 })
    const facts = { ...radiograph.facts, patientOrientation, orientationUnusable }
    expect(buildFrame({ ...radiograph, facts }).facts).toMatchObject({ orientation, isOrientationAssumed })
  })
})

describe('dragWindow', () => {
  it('never makes a window of no width', () => {
    expect(dragWindow({ center: 1, width: 2, function: 'LINEAR' }, -1e9, 0).width).toBe(1)
  })
})

describe.runIf(corpusFolder)('the frames of the conformance corpus', () => {
  const codecs = createCodecs()
  afterAll(() => codecs.close())
  const files = corpusFolder ? readCorpus(corpusFolder).filter(({ expected }) => expected === 'decode') : []

  it.each(files.map((file) => [file.file, file.path]))('show of %s what was screened', async (_, path) => {
    let radiograph: Radiograph
    try {
      radiograph = await decodeRadiograph(readFileSync(join(path)), codecs, defaultSuitabilityPolicy)
      prepareImage(radiograph)
    } catch (error) {
      expect(error).toBeInstanceOf(StudyRejectedError)
      return
    }
    const frame = buildFrame(radiograph)
    expect(frameFacts.safeParse(frame.facts).error).toBeUndefined()
    const screened = prepareImage(radiograph, { fullResolution: true }).pixels
    expect(Buffer.compare(shownAsScreened(frame), screened)).toBe(0)
  })
})
