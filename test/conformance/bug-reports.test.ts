import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { rejectionCodes, StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import { prepareImage } from '../../lib/screening/prepared-image/prepare-image.ts'
import type { PreparedImage } from '../../lib/screening/prepared-image/prepared-image.ts'
import { decodeRadiograph } from '../../lib/screening/radiograph/decode-radiograph.ts'
import type { Radiograph } from '../../lib/screening/radiograph/radiograph.ts'
import { sharedFolder } from './corpus-index.ts'

/*
 * Situations of public bug reports, each a drawn file with its right answer in expected.json. They are not part of the
 * repository; test/radiograph/broken-encodings.test.ts and what-the-file-says.test.ts make their like anew.
 */

interface BugReport {
  readonly group: string
  readonly what: string
  /** A rejection code, or a sentence that starts with what is to come of the file. */
  readonly right: string
  /** Of frame 0, row-major, little endian. */
  readonly storedValuesSha256: string | null
}

const folder = sharedFolder && join(sharedFolder, 'data/bug-reports')
const reports: [name: string, report: BugReport][] =
  folder && existsSync(join(folder, 'expected.json'))
    ? Object.entries(JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')))
    : []
if (reports.length === 0) console.log('bug reports: not on this machine, their tests are left out')

const codecs = createCodecs()
afterAll(() => codecs.close())

interface Outcome {
  readonly code: string | null
  readonly radiograph: Radiograph | null
  readonly warnings: readonly string[]
  readonly origin: string | null
  /** From the 5th to the 95th percentile of the picture's middle. */
  readonly greySpread: number
}

function greySpreadOf({ rows, columns, pixels }: PreparedImage): number {
  const middle = pixels.filter((_, pixel) => {
    const [row, column] = [Math.floor(pixel / columns), pixel % columns]
    return Math.abs(row / rows - 0.5) < 0.25 && Math.abs(column / columns - 0.5) < 0.25
  })
  middle.sort()
  return middle[Math.floor(0.95 * middle.length)] - middle[Math.floor(0.05 * middle.length)]
}

async function prepare(name: string): Promise<Outcome> {
  try {
    const radiograph = await decodeRadiograph(readFileSync(join(folder as string, name)), codecs)
    const prepared = prepareImage(radiograph)
    const { warnings, greyLevels } = prepared
    return { code: null, radiograph, warnings, origin: greyLevels.origin, greySpread: greySpreadOf(prepared) }
  } catch (error) {
    if (error instanceof StudyRejectedError)
      return { code: error.code, radiograph: null, warnings: [], origin: null, greySpread: 0 }
    throw error
  }
}

function sha256Of({ values }: Radiograph): string {
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex')
}

/** What the phantom behind all these files warns of in any case. */
const usual = ['spacing-at-detector']

const inGroup = (...letters: string[]) =>
  reports.filter(([, { group }]) => letters.some((l) => group.startsWith(`${l} `)))
const isRefusal = ([, { right }]: (typeof reports)[number]): boolean => (rejectionCodes as string[]).includes(right)
const isPicture = ([name]: (typeof reports)[number]): boolean => name.startsWith('pictures/')

describe.skipIf(reports.length === 0)('the file of a bug report', () => {
  it('belongs to a group that is judged below', () => {
    const judged = inGroup('control', 'A1', 'A2', 'A3', 'A4', 'A5', 'D1', 'D2', 'D3', 'E')
    expect(judged.length + reports.filter(([, { group }]) => group === 'control').length).toBe(reports.length)
    expect(inGroup('A3').filter(isRefusal)).toEqual(inGroup('A3'))
  })

  it.each(inGroup('A3'))('%s is refused: $right', async (name, { right }) => {
    expect((await prepare(name)).code).toBe(right)
  })

  it.each(inGroup('A4'))('%s tells the right side, or none', async (name, { storedValuesSha256 }) => {
    const outcome = await prepare(name)
    expect(outcome.radiograph && sha256Of(outcome.radiograph)).toBe(storedValuesSha256)
    const facts = outcome.radiograph?.facts
    if (facts?.orientationUnusable) expect(outcome.warnings).toContain('orientation-unusable')
    else expect(facts?.patientOrientation).toEqual(['R', 'F'])
  })

  const read = [...reports.filter(([, { group }]) => group === 'control'), ...inGroup('D1', 'D2', 'D3')]
  const whole = [...read, ...inGroup('E').filter((report) => !isPicture(report))]
  it.each(whole)('%s is read to the right stored values', async (name, { storedValuesSha256 }) => {
    const outcome = await prepare(name)
    expect(outcome.code).toBeNull()
    expect(outcome.radiograph && sha256Of(outcome.radiograph)).toBe(storedValuesSha256)
  })

  it.each(inGroup('E').filter(isPicture))('%s is prepared, or said to be of a kind that is not read', async (name) => {
    const { code } = await prepare(name)
    expect([null, 'unsupported-bits', 'unsupported-transfer-syntax']).toContain(code)
  })

  const isPresentation = ([name]: (typeof reports)[number]): boolean => !name.includes('voi_lut_us')
  const presented = inGroup('A1', 'A2', 'A5')
  it.each(presented.filter(isPresentation))('%s is warned of, and shown as it should be', async (name) => {
    const outcome = await prepare(name)
    expect(outcome.warnings.filter((code) => ![...usual, 'grey-levels-estimated'].includes(code))).not.toEqual([])
    expect(outcome.greySpread).toBeGreaterThan(0.8 * (await prepare('dicom/00_control.dcm')).greySpread)
  })

  it.each(presented.filter((report) => !isPresentation(report)))('%s is shown by its table', async (name) => {
    expect((await prepare(name)).origin).toBe('voi-lut')
  })
})
