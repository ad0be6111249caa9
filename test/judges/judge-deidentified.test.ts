import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Pseudonyms } from '../../lib/screening/result-documents/deidentification/pseudonyms.ts'
import { plantedElements } from '../result-documents/planted-source.ts'
import { buildCase, type Elements, type Outcome, outcomes, sources } from './build-cases.ts'

const run = promisify(execFile)
const python = 'node_modules/.cache/judges/bin/python'
const pseudonyms = new Pseudonyms(Buffer.from('a key of forty characters for the tests.'))

interface Case {
  readonly name: string
  readonly elements: Elements
  readonly outcome: Outcome
}
const planted = plantedElements() as Elements
const cases: readonly Case[] = [
  ...outcomes.map((outcome) => ({ name: 'planted', elements: planted, outcome })),
  ...sources.map(([name, elements]) => ({ name, elements, outcome: 'region' as const })),
]
const folderOf = ({ name, outcome }: Case): string => `${name}, ${outcome}`.replaceAll(/[^\w-]+/g, '_')

/** What a tool takes out of a source, and what of it is in our documents. */
type Judgement = Record<string, { readonly taken: number; readonly survives: readonly string[] }>

let root: string
const write = async (folder: string, { elements, outcome }: Case, keys?: Pseudonyms): Promise<void> => {
  const { source, documents, result } = await buildCase(elements, outcome, keys && { pseudonyms: keys })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'source.bin'), source)
  await writeFile(join(folder, 'result.json'), JSON.stringify(result))
  for (const { name, body } of documents) await writeFile(join(folder, name), body)
}
const judge = async (folder: string): Promise<Record<string, Judgement>> =>
  JSON.parse((await run(python, ['test/judges/judge_deidentified.py', folder], { maxBuffer: 1 << 26 })).stdout)

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pleura-deidentified-'))
})
afterAll(() => rm(root, { recursive: true }))

describe('dicom-anonymizer and dicognito', () => {
  let judged: Record<string, Judgement>
  beforeAll(async () => {
    const folder = join(root, 'deidentified')
    for (const one of cases) await write(join(folder, folderOf(one)), one, pseudonyms)
    judged = await judge(folder)
  })

  it.each(cases)('find nothing that they would take out of a source with $name, $outcome', (one) => {
    const { 'dicom-anonymizer': anonymizer, dicognito } = judged[folderOf(one)]
    if (one.name === 'planted') expect([anonymizer.taken > 40, dicognito.taken > 25]).toEqual([true, true])
    else expect(anonymizer.taken).toBeGreaterThan(0)
    expect([...anonymizer.survives, ...dicognito.survives]).toEqual([])
  })

  it('find it where identity is not removed', async () => {
    const folder = join(root, 'identified')
    const one: Case = { name: 'planted', elements: planted, outcome: 'region' }
    await write(join(folder, folderOf(one)), one)
    const { 'dicom-anonymizer': anonymizer, dicognito } = (await judge(folder))[folderOf(one)]
    expect(anonymizer.survives.length).toBeGreaterThan(20)
    expect(dicognito.survives.length).toBeGreaterThan(20)
  })
})

describe('dciodvfy', () => {
  it.each(cases)('finds no error in the de-identified objects of a source with $name, $outcome', async (one) => {
    const folder = join(root, 'deidentified', folderOf(one))
    const objects = ['structured-report', ...(one.outcome === 'region' ? pictured : [])]
    for (const object of objects) {
      const { stderr } = await run('dciodvfy', [join(folder, `${object}.dcm`)]).catch((error) => error)
      expect(stderr).toMatch(/^(Segmentation|Comprehensive3DSR|SCImage|GrayscaleSoftcopyPresentationState)/m)
      expect(stderr.split('\n').filter((line: string) => line.startsWith('Error'))).toEqual([])
    }
  })
})

describe('hl7apy', () => {
  it('reads de-identified messages by its strict rules, with the pseudonym as an anonymous identifier', async () => {
    const files = outcomes.map((outcome) => join(root, 'deidentified', `planted_${outcome}`, 'oru.hl7'))
    const { stdout } = await run(python, ['test/judges/read_hl7.py', ...files], { maxBuffer: 1 << 26 })
    const read: Record<string, { refused?: string; patient?: string }> = JSON.parse(stdout)
    expect(Object.values(read)).toHaveLength(outcomes.length)
    for (const { refused, patient } of Object.values(read)) {
      expect([refused, patient]).toEqual([undefined, expect.stringMatching(/^P[0-9A-F]{24}\^{4}ANON$/)])
    }
  })
})

const pictured = ['segmentation', 'secondary-capture', 'presentation-state']
