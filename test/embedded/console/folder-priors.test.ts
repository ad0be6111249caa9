import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FolderPriors } from '../../../lib/embedded/console/folder-priors.ts'
import { imageIdOf } from '../../../lib/screening/kernel/identifiers.ts'
import { asExamination, type OtherExamination } from './examinations.ts'
import { drawPhantoms, newFolder, removeFolder } from './open-console.ts'

let phantom: Uint8Array
let folder: string
/** Paths of every study; what `FolderStudies` knows. */
let inputs: Map<string, string[]>
let notAnalysed: Set<string>

const studies = {
  inputs: () => inputs,
  row: async (studyId: string) => ({ outcome: notAnalysed.has(studyId) ? 'not-analysed' : 'suspected' }) as never,
  source: async (studyId: string) => {
    for (const path of inputs.get(studyId) ?? []) {
      const bytes = await readFile(path).catch(() => null)
      if (bytes && imageIdOf(bytes) === studyId) return bytes
    }
    return null
  },
}

function put(examination: OtherExamination, name = `${inputs.size}.dcm`): string {
  const bytes = asExamination(phantom, examination)
  const studyId = imageIdOf(bytes)
  const path = join(folder, name)
  writeFileSync(path, bytes)
  inputs.set(studyId, [path])
  return studyId
}

/** Asked until every file was looked into. */
async function priorsOf(studyId: string, search = new FolderPriors(studies)) {
  for (;;) {
    const answer = await search.priorsOf(studyId)
    if (answer.waiting === 0) return answer
  }
}

const jane = { patientId: 'JANE-0000001', issuer: 'NORTH' }

beforeAll(async () => {
  phantom = (await drawPhantoms(1))[0]
  folder = newFolder()
})
afterAll(() => removeFolder(folder))
beforeEach(() => {
  inputs = new Map()
  notAnalysed = new Set()
  mkdirSync(folder, { recursive: true })
  return () => rmSync(folder, { recursive: true })
})

describe('priors of a folder', () => {
  it('are the earlier examinations of the patient, the newest first, and of nobody else', async () => {
    const oldest = put({ ...jane, date: '20190101' })
    const older = put({ ...jane, date: '20190301' })
    const current = put({ ...jane, date: '20200101' })
    put({ ...jane, date: '20210101' })
    put({ ...jane, issuer: 'SOUTH', date: '20190401' })
    put({ patientId: jane.patientId, date: '20190401' })
    put({ ...jane, patientId: 'JOHN-0000002', date: '20190401' })
    notAnalysed.add(older)
    const answer = await priorsOf(current)
    expect(answer).toMatchObject({ studyDate: '2020-01-01', isIssuerKnown: true, unknown: null, gone: 0 })
    expect(answer.priors).toEqual([
      { studyId: older, studyDate: '2019-03-01', isAnalysed: false, daysBefore: 306 },
      { studyId: oldest, studyDate: '2019-01-01', isAnalysed: true, daysBefore: 365 },
    ])
    expect(JSON.stringify(answer)).not.toMatch(/JANE|NORTH/)
  })

  it('are unknown of an image that names no patient', async () => {
    put({ patientId: '', date: '20190101' })
    const current = put({ patientId: '', date: '20200101' })
    expect(await priorsOf(current)).toMatchObject({ unknown: 'no-patient-identifier', priors: [] })
  })

  it('are found when they come later, and when their file comes back', async () => {
    const current = put({ ...jane, date: '20200101' })
    const search = new FolderPriors(studies)
    expect((await priorsOf(current, search)).priors).toEqual([])
    const older = put({ ...jane, date: '20190101' })
    const [path] = inputs.get(older)!
    const bytes = await readFile(path)
    rmSync(path)
    expect(await priorsOf(current, search)).toMatchObject({ priors: [], gone: 1 })
    writeFileSync(path, bytes)
    expect(await priorsOf(current, search)).toMatchObject({ priors: [{ studyId: older }], gone: 0 })
  })

  it("never lay another patient's result beside a picture because their file lies where another was", async () => {
    const current = put({ ...jane, date: '20200101' })
    // John was screened from this path; Jane's file lies there now, and was not.
    const john = put({ ...jane, patientId: 'JOHN-0000002', date: '20190101' }, 'reused.dcm')
    writeFileSync(inputs.get(john)![0], asExamination(phantom, { ...jane, date: '20190101' }))
    expect(await priorsOf(current)).toMatchObject({ priors: [], gone: 1 })
    expect(await priorsOf(john)).toMatchObject({ unknown: 'file-gone', priors: [] })
  })

  it('are looked for through files that are no DICOM, empty or cut', async () => {
    const current = put({ ...jane, date: '20200101' })
    for (const [name, bytes] of [
      ['note.txt', Buffer.from('no picture')],
      ['empty.dcm', Buffer.alloc(0)],
      ['cut.dcm', asExamination(phantom, { ...jane, date: '20190101' }).slice(0, 500)],
    ] as const) {
      writeFileSync(join(folder, name), bytes)
      inputs.set(imageIdOf(bytes), [join(folder, name)])
    }
    const answer = await priorsOf(current)
    expect(answer.waiting).toBe(0)
  })

  it('are told up to twenty, of a patient with more', async () => {
    for (let day = 1; day <= 23; day++) put({ ...jane, date: `201901${String(day).padStart(2, '0')}` })
    const current = put({ ...jane, date: '20200101' })
    const { priors } = await priorsOf(current)
    expect(priors).toHaveLength(20)
    expect(priors[0].studyDate).toBe('2019-01-23')
  })
})
