import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCase, outcomes, sources } from './build-cases.ts'

const run = promisify(execFile)
const python = 'node_modules/.cache/judges/bin/python'
const cases = sources.flatMap(([name, elements]) => outcomes.map((outcome) => ({ name, elements, outcome })))
const folderOf = (name: string, outcome: string): string => `${name}, ${outcome}`.replaceAll(/[^\w-]+/g, '_')

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pleura-judges-'))
  for (const { name, elements, outcome } of cases) {
    const { source, documents, mask } = await buildCase(elements, outcome)
    const folder = join(root, folderOf(name, outcome))
    await mkdir(folder)
    await writeFile(join(folder, 'source.bin'), source)
    if (mask) await writeFile(join(folder, 'mask.raw'), mask)
    for (const document of documents) await writeFile(join(folder, document.name), document.body)
  }
})
afterAll(() => rm(root, { recursive: true }))

const objectsOf = async (folder: string): Promise<string[]> =>
  (await readdir(join(root, folder))).filter((file) => file.endsWith('.dcm')).map((file) => join(root, folder, file))

describe('dciodvfy', () => {
  it.each(cases)('finds no error in the objects of a source with $name, $outcome', async ({ name, outcome }) => {
    const objects = await objectsOf(folderOf(name, outcome))
    expect(objects).toHaveLength(
      { region: 4, discordant: 2, triage: 1, 'not-suspected': 1, 'not-analysed': 1 }[outcome],
    )
    for (const object of objects) {
      const { stderr } = await run('dciodvfy', [object]).catch((error: { stderr: string }) => error)
      expect(stderr).toMatch(/^(Segmentation|Comprehensive3DSR|SCImage|GrayscaleSoftcopyPresentationState)/m)
      expect(stderr.split('\n').filter((line) => line.startsWith('Error'))).toEqual([])
    }
  })
})

describe('DCMTK', () => {
  it.each(outcomes)('prints the report and checks the presentation state, %s', async (outcome) => {
    const folder = join(root, folderOf('whole', outcome))
    const { stdout } = await run('dsrdump', [join(folder, 'structured-report.dcm')])
    expect(stdout).toContain('Imaging Measurement Report')
    expect(stdout.includes('NOT ANALYSED')).toBe(outcome === 'not-analysed')
    if (outcome === 'region') {
      const checked = await run('dcmpschk', [join(folder, 'presentation-state.dcm')])
      expect(checked.stdout + checked.stderr).toContain('Test passed')
    }
  })
})

interface ReadBack {
  readonly evaluations: string[]
  readonly regions: number
  readonly imageGroups: number
  readonly identity: string[][]
  readonly source: string[]
  readonly series: number
  readonly maskDiffers: number | null
}

describe('hl7apy', () => {
  interface ReadMessage {
    readonly refused?: string
    readonly order?: string
    readonly observations?: readonly (readonly string[])[]
  }
  let read: Record<string, ReadMessage>
  beforeAll(async () => {
    const files = cases.map(({ name, outcome }) => join(root, folderOf(name, outcome), 'oru.hl7'))
    const { stdout } = await run(python, ['test/judges/read_hl7.py', ...files], { maxBuffer: 1 << 26 })
    read = JSON.parse(stdout)
  })

  it.each(cases)('reads the message of a source with $name, $outcome, by its strict rules', ({ name, outcome }) => {
    const { refused, order, observations } = read[folderOf(name, outcome)]
    if (name === 'no patient module, no study') {
      // The standard asks for an identifier of the patient; the source has none, and none is made up.
      expect(refused).toBe('ValidationError: Missing required child PID.PID_3')
      return
    }
    expect(refused).toBeUndefined()
    expect(order).toBe(outcome === 'not-analysed' ? 'I' : 'P')
    const [first] = observations ?? []
    const value = { region: /Present/, discordant: /Present/, triage: /Present/, 'not-suspected': /Absent/ }
    if (outcome === 'not-analysed') expect(first).toEqual(['Pneumothorax', '', 'X'])
    else expect(first[1]).toMatch(value[outcome])
    expect(observations?.some(([name]) => name === 'Area' || name === 'Laterality')).toBe(outcome === 'region')
  })
})

describe('highdicom and pydicom', () => {
  let read: Record<string, ReadBack>
  beforeAll(async () => {
    const { stdout } = await run(python, ['test/judges/read_back.py', root], { maxBuffer: 1 << 26 })
    read = JSON.parse(stdout)
  })

  it.each(cases)('read what was written of a source with $name, $outcome', ({ name, outcome }) => {
    const { evaluations, regions, imageGroups, maskDiffers, series, identity, source } = read[folderOf(name, outcome)]
    expect({ evaluations, regions, imageGroups, maskDiffers, series }).toEqual(
      {
        region: { evaluations: ['Present', 'Succeeded'], regions: 3, imageGroups: 0, maskDiffers: 0, series: 4 },
        discordant: { evaluations: ['Present', 'Succeeded'], regions: 0, imageGroups: 1, maskDiffers: null, series: 2 },
        triage: { evaluations: ['Present', 'Succeeded'], regions: 0, imageGroups: 1, maskDiffers: null, series: 1 },
        'not-suspected': {
          evaluations: ['Absent', 'Succeeded'],
          regions: 0,
          imageGroups: 1,
          maskDiffers: null,
          series: 1,
        },
        'not-analysed': { evaluations: ['Not Attempted'], regions: 0, imageGroups: 0, maskDiffers: null, series: 1 },
      }[outcome],
    )
    for (const object of identity) {
      const [study, sourceStudy] = [object[3], source[3]]
      if (/^[\d.]+$/.test(sourceStudy)) expect(study).toBe(sourceStudy)
      else expect(study).toMatch(/^2\.25\.\d+$/)
      expect(object.toSpliced(3, 1)).toEqual(source.toSpliced(3, 1))
    }
  })
})
