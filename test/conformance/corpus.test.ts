import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import { prepareImage } from '../../lib/screening/prepared-image/prepare-image.ts'
import type { PreparedImage } from '../../lib/screening/prepared-image/prepared-image.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import type { Radiograph } from '../../lib/screening/radiograph/radiograph.ts'
import { defaultSuitabilityPolicy, type SuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import {
  type CorpusFile,
  corpusFolder,
  correlationOf,
  greatestDifference,
  readCorpus,
  summaryOf,
} from './corpus-index.ts'

/*
 * Every file of the conformance corpus against references made with DCMTK, pydicom, GDCM and imagecodecs. The corpus
 * is not part of the repository: PLEURA_SHARED names the folder that holds it.
 */

const codecs = createCodecs()
const files = corpusFolder ? readCorpus(corpusFolder) : []
const counts = new Map<string, number>()
const count = (file: CorpusFile, what: string): void => {
  const key = `${file.file.split('/')[0]}: ${what}`
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** Decodes every radiograph and every image of another kind: what is tested is the decoder, not the policy. */
const everything: SuitabilityPolicy = {
  ...defaultSuitabilityPolicy,
  modalities: 'any',
  bodyPart: 'any',
  minimumAgeYears: 0,
  minimumSidePixels: 1,
  maximumAspectRatio: Number.POSITIVE_INFINITY,
}

type Outcome<T> = { code: null; value: T } | { code: StudyRejectedError['code'] }

/** A rejection by its code; any other error fails the test. */
async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { code: null, value: await work() }
  } catch (error) {
    if (error instanceof StudyRejectedError) return { code: error.code }
    throw error
  }
}

/** Rejections that are our policy, not a failure to decode. */
const policyCodes = [
  'wrong-modality',
  'wrong-body-part',
  'lateral-view',
  'paediatric',
  'not-a-frontal-chest',
  'too-small',
]
/** What a decoder of all images could show and a decoder of radiographs need not. */
const singleGreyFrameCodes = [
  'multi-frame',
  'unsupported-photometric',
  'unsupported-bits',
  'unsupported-transfer-syntax',
]

if (!corpusFolder)
  console.log('conformance corpus: not on this machine, its tests are left out (PLEURA_SHARED names its folder)')

describe.skipIf(!corpusFolder)('the conformance corpus', () => {
  afterAll(async () => {
    await codecs.close()
    console.log(
      [...counts]
        .sort()
        .map(([what, number]) => `${number} × ${what}`)
        .join('\n'),
    )
  })

  it.each(files)('gives $file the outcome that it should have ($expected)', async (file) => {
    const bytes = readFileSync(file.path)
    const { code } = await outcomeOf(async () => prepareImage(await decodeRadiograph(bytes, codecs)))
    if (file.expected === 'decode' && code !== null) {
      expect(file.scope).not.toBe('cxr')
      expect(policyCodes).toContain(code)
      count(file, `other radiographs and images rejected by policy (${code})`)
    } else if (file.expected === 'reject' && code === null) {
      // A JPEG by another name is a JPEG: what a file is shows in its content.
      expect(file.reason).toBe('not_dicom')
      expect([...bytes.subarray(0, 2)]).toEqual([0xff, 0xd8])
      count(file, 'pictures accepted by content, where the corpus wants DICOM only')
    } else
      count(file, code === null ? `decoded as expected (${file.expected})` : `rejected as expected (${file.expected})`)
  })

  const decodable = files.filter(({ raw_sha256 }) => raw_sha256)
  it.each(decodable)('gives the stored values of $file ($ts_name)', async (file) => {
    const outcome = await outcomeOf(() => decodeRadiograph(readFileSync(file.path), codecs, everything))
    if (outcome.code !== null) {
      const isAllowed = file.expected_codec !== 'decode' || singleGreyFrameCodes.includes(outcome.code)
      expect(isAllowed, outcome.code).toBe(true)
      count(file, `stored values not given (${outcome.code})`)
      return
    }
    expectStoredValues(outcome.value, file)
    // What the corpus calls whole must not be called damaged.
    if (file.expected_codec === 'decode') expect(outcome.value.warnings).not.toContain('pixel-data-damaged')
    const prepared = await outcomeOf(async () => prepareImage(outcome.value, { fullResolution: true }))
    if (prepared.code !== null) expect(prepared.code).toBe('blank')
    else if (file.ref8_png) await expectRendering(prepared.value, file)
  })
})

function expectStoredValues({ values }: Radiograph, file: CorpusFile): void {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  if (createHash('sha256').update(bytes).digest('hex') === file.raw_sha256) {
    count(file, 'stored values exact')
    return
  }
  expect(file.raw_tolerance).toBe('1')
  const { lowest, highest, mean } = summaryOf(values)
  expect(Math.abs(lowest - Number(file.raw_min))).toBeLessThanOrEqual(1)
  expect(Math.abs(highest - Number(file.raw_max))).toBeLessThanOrEqual(1)
  expect(Math.abs(mean - Number(file.raw_mean))).toBeLessThan(0.5)
  count(file, 'stored values within 1 (lossy)')
}

async function expectRendering({ pixels, greyLevels, warnings }: PreparedImage, file: CorpusFile): Promise<void> {
  const reference = await sharp(join(corpusFolder as string, 'ref', file.ref8_png))
    .toColourspace('b-w')
    .raw()
    .toBuffer()
  const isReplaced = warnings.some((code) => code.endsWith('-outside-range'))
  if (isReplaced) {
    // The reference is all black or all white there; ours shows the image.
    expect(greyLevels.origin).toBe('percentile')
    count(file, 'window outside the values, replaced')
    return
  }
  if (file.render_strict === '1') {
    expect(greatestDifference(pixels, reference)).toBeLessThanOrEqual(1)
    count(file, 'rendering within 1 grey level')
    return
  }
  const correlation = correlationOf(pixels, reference)
  if (!Number.isNaN(correlation)) expect(correlation).toBeGreaterThan(0.95)
  count(file, 'rendering correlates')
}
