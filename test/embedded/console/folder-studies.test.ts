import { beforeEach, describe, expect, it } from 'vitest'
import { FolderMarks } from '../../../lib/embedded/console/folder-marks.ts'
import { FolderStudies } from '../../../lib/embedded/console/folder-studies.ts'
import { FolderStudyResults, registerInFolder } from '../../../lib/embedded/folder-study-results.ts'

import { buildResultLine, failedLine, type ResultLine } from '../../../lib/screening/result-documents/result-line.ts'
import { maximumStudyImages } from '../../../lib/screening/result-documents/study-result/roll-up-study.ts'
import { studyDigestOf } from '../../../lib/screening/result-documents/study-result/study-identity.ts'
import { MemoryObjectStore } from '../../delivery/memory-stores.ts'
import { notSuspected, type StoredOptions, storeResultIn } from '../../delivery/stored-result.ts'
import { facts } from '../../result-documents/screened-image.ts'

const uid = facts.studyInstanceUid!
const stat = { ...facts, requestPriority: 'stat' as const }

let nowMs: number
let store: MemoryObjectStore
let lines: ResultLine[]
let studies: FolderStudies
let marks: FolderMarks
const clock = { now: () => nowMs, monotonic: () => nowMs }

beforeEach(async () => {
  nowMs = Date.parse('2026-11-28T08:00:00Z')
  store = new MemoryObjectStore()
  lines = []
  await open()
})

/** As the console does when it starts. */
async function open(): Promise<void> {
  marks = await FolderMarks.open(store, clock, ({ studyId }) => studies.refreshStudyOf(studyId))
  const said = { reviewedKeysOf: () => [], marksOf: (studyId: string) => marks.marksOf(studyId) }
  const follower = { look: async () => ({ lines: lines.splice(0), isNewList: false }) }
  studies = new FolderStudies(follower, store, clock, said, () => {})
}

/** As screening does: its study is derived before its line is written. */
async function screen(name: string, options: StoredOptions = {}): Promise<string> {
  const result = await storeResultIn(store, { name, requestedDocuments: [], ...options })
  await registerInFolder(store, result.imageId, uid, null)
  await new FolderStudyResults(store, 'full').keep(uid)
  lines.push(buildResultLine(`in/${name}.dcm`, result))
  return result.imageId
}

async function priorities(since: string | null = null): Promise<Record<string, string>> {
  const { rows } = await studies.changes(since)
  return Object.fromEntries(rows.map(({ names, priority }) => [names[0].replace('.dcm', ''), priority]))
}

const mark = async (studyId: string, urgent = true) => {
  nowMs += 1000
  await marks.add(studyId, { reader: 'A. Reader', urgent })
}

describe('the rows of one study', () => {
  it('are raised together, also those that a page has already, when one image is suspected', async () => {
    const first = await screen('first', { finding: notSuspected })
    const { cursor, rows } = await studies.changes(null)
    expect(rows).toMatchObject([{ priority: 'in-turn', study: { outcome: 'not-suspected', images: 1 } }])
    await screen('second')
    expect(await priorities(cursor)).toEqual({ first: 'first', second: 'first' })
    expect(await studies.row(first)).toMatchObject({
      outcome: 'not-suspected',
      priorityReasons: ['suspected-in-study'],
      study: { outcome: 'suspected', images: 2 },
    })
  })

  it('are raised together by an order that is urgent, and no answer of a model lowers them', async () => {
    await screen('first', { finding: notSuspected, facts: stat })
    await screen('second', { finding: notSuspected })
    expect(await priorities()).toEqual({ first: 'first', second: 'first' })
    const third = await screen('third')
    expect(await priorities()).toEqual({ first: 'urgent', second: 'urgent', third: 'urgent' })
    // Other models see nothing in any of them.
    await screen('third', { finding: notSuspected, screeningKey: 'd'.repeat(64) })
    expect(await priorities()).toEqual({ first: 'first', second: 'first', third: 'first' })
    // The system fails over it: what the file says of its order is still true.
    lines.push(failedLine('in/third.dcm', third, 'system-failure', studyDigestOf(uid)))
    expect((await priorities()).third).toBe('first')
  })

  it('are urgent together once a reader says so, after a restart and a new list too, until a reader takes it back', async () => {
    const first = await screen('first', { finding: notSuspected })
    const second = await screen('second', { finding: notSuspected })
    const { cursor } = await studies.changes(null)
    await mark(first)
    expect(await priorities(cursor)).toEqual({ first: 'urgent', second: 'urgent' })
    await screen('third', { finding: notSuspected })
    expect((await priorities()).third).toBe('urgent')
    expect(await studies.row(second)).toMatchObject({
      urgentMark: { reader: 'A. Reader', markedAt: '2026-11-28T08:00:01.000Z' },
      priorityReasons: ['marked-urgent'],
    })
    for (const name of ['first', 'second']) await screen(name, { finding: notSuspected })
    await open()
    expect(await priorities()).toEqual({ first: 'urgent', second: 'urgent' })
    await mark(second, false)
    expect(await priorities()).toEqual({ first: 'in-turn', second: 'in-turn' })
    expect(await studies.row(first)).toMatchObject({ urgentMark: null, priorityReasons: [] })
    const kept: string[] = []
    for await (const key of store.list('reviews/')) kept.push(key)
    expect(kept).toHaveLength(2)
  })

  it('stand each for itself where too many images share the UID', async () => {
    const first = await screen('first', { finding: notSuspected })
    for (let number = 0; number < maximumStudyImages; number++) {
      await registerInFolder(store, number.toString(16).padStart(32, '0'), uid, null)
    }
    await screen('second')
    await mark(first)
    await screen('third', { finding: notSuspected })
    expect(await priorities()).toEqual({ first: 'urgent', second: 'first', third: 'in-turn' })
  })

  it('stand each for itself where the file names no study', async () => {
    const png = { ...facts, format: 'png' as const, studyInstanceUid: null }
    for (const name of ['a', 'b']) {
      const result = await storeResultIn(store, { name, requestedDocuments: [], facts: png, finding: notSuspected })
      lines.push(buildResultLine(`in/${name}.png`, result))
      if (name === 'a') await mark(result.imageId)
    }
    const { rows } = await studies.changes(null)
    expect(rows.map(({ priority, study }) => [priority, study])).toEqual([
      ['urgent', null],
      ['in-turn', null],
    ])
  })
})
