import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Pseudonyms } from '../../lib/screening/result-documents/deidentification/pseudonyms.ts'
import { buildCase, outcomes, sources } from '../judges/build-cases.ts'

const hapi = 'node_modules/.cache/hapi'
const pseudonyms = new Pseudonyms(Buffer.from('a key of forty characters for the tests.'))
const identified = sources.flatMap(([name, elements]) => outcomes.map((outcome) => ({ name, elements, outcome })))
const cases = [
  ...identified.map((one) => ({ ...one, options: {} })),
  ...identified.slice(0, 2 * outcomes.length).map((one) => ({
    ...one,
    name: `${one.name}, de-identified`,
    options: { pseudonyms },
  })),
]

let folder: string
let messages: { file: string; severity: string; place: string; text: string }[]
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pleura-fhir-'))
  const files: string[] = []
  for (const [index, { elements, outcome, options }] of cases.entries()) {
    const { documents } = await buildCase(elements, outcome, options)
    const file = join(folder, `${index}.json`)
    await writeFile(file, documents.find(({ name }) => name === 'fhir.json')!.body)
    files.push(file)
  }
  const classPath = `${hapi}/classes:${hapi}/lib/*`
  const { stdout } = await promisify(execFile)('java', ['-cp', classPath, 'ValidateBundles', ...files], {
    maxBuffer: 1 << 27,
  })
  messages = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([file, severity, place, text]) => ({ file, severity, place, text }))
})
afterAll(() => rm(folder, { recursive: true }))

describe("HAPI's validator", () => {
  it.each(cases.map((one, index) => ({ ...one, index })))(
    'finds no error in the bundle of a source with $name, $outcome',
    ({ index }) => {
      const own = messages.filter(({ file }) => file === join(folder, `${index}.json`))
      expect(own.at(-1)?.severity).toBe('VALIDATED')
      const found = own.slice(0, -1).filter(({ severity }) => /ERROR|FATAL/.test(severity))
      expect(found.map(({ place, text }) => `${place}: ${text}`)).toEqual([])
    },
  )
})
