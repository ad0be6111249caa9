import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeUsageReceipt } from '../../../functions/screen/usage-receipt.ts'
import { decodeRows, encodeRows, type FiledRow } from '../../../lib/adapters/parquet/row-file.ts'
import { buildTable } from '../../../lib/embedded/table/build-table.ts'
import { ResultTable } from '../../../lib/embedded/table/open-table.ts'
import type { StudyJob } from '../../../lib/screening/screening-job/study-job.ts'
import { queryNames } from '../../../lib/table/query-text.ts'
import { tableKeys } from '../../../lib/table/table-keys.ts'
import { findings, idOf, makeResult, store as storeLocally } from '../../table/make-results.ts'
import { eventOf, openTableWriter } from './open-table-writer.ts'

const { suspected, notSuspected, notAnalysed } = findings
const span = { tenant: 'north', from: '2026-01-01', to: '2026-12-31' }
const at = (hour: number, day = 1) =>
  `2026-11-${String(day).padStart(2, '0')}T${String(hour).padStart(2, '0')}:30:00.250Z`

let writer: ReturnType<typeof openTableWriter>
let folder: string
beforeEach(async () => {
  writer = openTableWriter()
  folder = await mkdtemp(join(tmpdir(), 'pleura-cloud-table-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Lays the files of the bucket down as a copy of it has them. */
async function copyDown(): Promise<string> {
  const below = join(folder, 'bucket')
  for (const [key, { bytes }] of writer.files.files) {
    await mkdir(dirname(join(below, key)), { recursive: true })
    await writeFile(join(below, key), bytes)
  }
  return join(below, tableKeys.rows)
}

async function askAll(tableDir: string, names: readonly (typeof queryNames)[number][] = queryNames) {
  const table = await ResultTable.open(tableDir)
  try {
    const answers: Record<string, unknown> = {}
    for (const name of names) answers[name] = await table.ask(name, span)
    return answers
  } finally {
    await table.close()
  }
}

async function rows(): Promise<FiledRow[]> {
  const found: FiledRow[] = []
  for (const { bytes } of writer.files.files.values()) found.push(...(await decodeRows(bytes)))
  return found
}

/** Image and outcome of all that stands, as a query has it. */
async function standing(): Promise<unknown> {
  const { outcomes } = await askAll(await copyDown(), ['outcomes'])
  return (outcomes as { outcome: string; reason: string | null; images: string }[]).map(
    ({ outcome, images }) => `${images} ${outcome}`,
  )
}

describe('the table that the function writes', () => {
  it('answers every query of pleura query as the table of one machine does over the same results', async () => {
    const events: string[] = []
    for (let image = 1; image <= 40; image++) {
      const finding = [suspected, notSuspected, notAnalysed][image % 3]
      const result = makeResult(image, finding, at(image % 24, 1 + (image % 5)))
      const isSuperseded = image % 10 === 0
      const later = isSuperseded ? makeResult(image, suspected, at(12, 20), 'b') : result
      await storeLocally(join(folder, 'local'), later, isSuperseded ? result : undefined)
      events.push(await writer.keep(result))
      if (isSuperseded) events.push(await writer.keep(later))
    }
    for (let from = 0; from < events.length; from += 7) {
      expect(await writer.bring(...events.slice(from, from + 7))).toEqual([])
    }
    const tableDir = join(folder, 'table')
    await buildTable({ outDir: join(folder, 'local'), tableDir, tenant: 'north', rebuild: false })
    const [local, cloud] = [await askAll(tableDir), await askAll(await copyDown())]
    // One machine has no lanes.
    const usage = (local.usage as object[]).map((row) => ({ ...row, lane: 'routine' }))
    expect(cloud).toEqual({ ...local, usage })
    expect((cloud.days as unknown[]).length).toBeGreaterThan(3)
  })

  it('has a row once, however often and in whatever batches its event comes', async () => {
    const one = await writer.keep(makeResult(1, suspected, at(10)))
    const two = await writer.keep(makeResult(2, notSuspected, at(10)))
    await writer.bring(one, one)
    await writer.bring(two, one)
    const { writes } = writer.files
    await writer.bring(one, two)
    expect(writer.files.writes).toBe(writes)
    expect((await rows()).map(({ image_id }) => image_id)).toEqual([idOf(1), idOf(2)])
  })

  it('loses nothing where another invocation writes the same file meanwhile', async () => {
    const events = await Promise.all(
      Array.from({ length: 12 }, (_, image) => writer.keep(makeResult(image, notSuspected, at(10)))),
    )
    writer.files.before = () => new Promise((done) => setImmediate(done))
    const failed = await Promise.all([writer.bring(...events.slice(0, 8)), writer.bring(...events.slice(4))])
    expect(failed).toEqual([[], []])
    expect(await rows()).toHaveLength(12)
  })

  it('reports what it could not write, and has it once when it comes again', async () => {
    const [one, two] = [
      await writer.keep(makeResult(1, suspected, at(10))),
      await writer.keep(makeResult(2, suspected, at(11))),
    ]
    writer.files.before = (key) => {
      if (key.endsWith('/10.parquet')) throw new Error('no answer')
    }
    expect(await writer.bring(one, two)).toEqual([0])
    expect(await rows()).toHaveLength(1)
    writer.files.before = () => {}
    expect(await writer.bring(one)).toEqual([])
    expect(await rows()).toHaveLength(2)
  })

  it('reports what others were faster with each time', async () => {
    const one = await writer.keep(makeResult(1, suspected, at(10)))
    let version = 1000
    writer.files.before = (key) => {
      writer.files.files.set(key, { bytes: encodeRows([]), version: version++ })
    }
    expect(await writer.bring(one)).toEqual([0])
  })

  it('reports each event by itself that is none, or leads to no result of its tenant and image', async () => {
    const good = await writer.keep(makeResult(1, suspected, at(10)))
    const result = makeResult(2, suspected, at(10))
    const unreadable = eventOf(result, 'north')
    await writer.store.put(JSON.parse(unreadable).detail.resultKey, new TextEncoder().encode('{'))
    const foreign = JSON.parse(await writer.keep(makeResult(3, suspected, at(10))))
    foreign.detail.tenant = 'south'
    expect(await writer.bring('{', good, unreadable, JSON.stringify(foreign))).toEqual([0, 2, 3])
    expect((await rows()).map(({ image_id }) => image_id)).toEqual([idOf(1)])
    expect(writer.lines.join()).not.toContain('DX')
  })

  it('begins no file that its time may not be enough for', async () => {
    const events = [
      await writer.keep(makeResult(1, suspected, at(10))),
      await writer.keep(makeResult(2, suspected, at(11))),
    ]
    writer.invocation.remainingMs = 59_000
    expect(await writer.bring(...events)).toEqual([0, 1])
    expect(writer.files.writes).toBe(0)
  })

  it('has no row of a result that was deleted before', async () => {
    expect(await writer.bring(eventOf(makeResult(1, suspected, at(10)), 'north'))).toEqual([])
    expect(writer.files.files.size).toBe(0)
    expect(writer.lines.join()).toContain('result-gone')
  })

  it('keeps tenants, days and hours apart', async () => {
    const events = [
      await writer.keep(makeResult(1, suspected, '2026-11-01T23:59:59.999Z')),
      await writer.keep(makeResult(2, suspected, '2026-11-02T00:00:00.000Z')),
      await writer.keep(makeResult(1, suspected, '2026-11-01T23:59:59.999Z'), 'south'),
    ]
    await writer.bring(...events)
    expect([...writer.files.files.keys()].sort()).toEqual([
      'results/tenant=north/day=2026-11-01/23.parquet',
      'results/tenant=north/day=2026-11-02/00.parquet',
      'results/tenant=south/day=2026-11-01/23.parquet',
    ])
  })

  it('tells lane, cold start and cost by the receipt, which says in which lane it was analysed', async () => {
    const result = makeResult(1, suspected, at(10))
    const event = await writer.keep(result)
    const timed = { ...result, timingsMs: { ...result.timingsMs, machine: 3600, coldStart: 7200 } }
    await writeUsageReceipt(writer.store, { tenant: 'north', lane: 'stat' } as StudyJob, timed, 1)
    await writer.bring(event)
    expect(await rows()).toMatchObject([{ lane: 'stat', cold: true, estimated_cost_usd: 0.003 }])
  })
})

describe('of an image with several results', () => {
  const earlier = makeResult(1, notSuspected, at(10))
  const later = makeResult(1, suspected, at(12), 'b')

  it.each([
    ['in their order', [earlier, later]],
    ['the later one first', [later, earlier]],
  ])('the later one stands, told %s', async (_, results) => {
    for (const result of [earlier, later]) await writer.keep(result)
    for (const result of results) await writer.bring(eventOf(result, 'north'))
    expect(await standing()).toEqual(['1 suspected'])
  })

  it('the later one stands that was not there when the earlier was told', async () => {
    await writer.bring(await writer.keep(earlier))
    await writer.bring(await writer.keep(later))
    expect(await standing()).toEqual(['1 suspected'])
  })

  it.each([
    [10, 12],
    [12, 10],
  ])('one that was not analysed takes no place: analysed at %i, not at %i', async (analysed, not) => {
    await writer.bring(await writer.keep(makeResult(1, suspected, at(analysed))))
    await writer.bring(await writer.keep(makeResult(1, notAnalysed, at(not), 'b')))
    expect(await standing()).toEqual(['1 suspected'])
  })
})

describe('a file', () => {
  it('gives back what was put in, to the type', async () => {
    for (const [image, finding] of Object.values(findings).entries()) {
      await writer.bring(await writer.keep(makeResult(image, finding, at(10))))
    }
    const filed = await rows()
    expect(await decodeRows(encodeRows(filed))).toEqual(filed)
    expect(filed.find(({ outcome }) => outcome === 'not-analysed')).toMatchObject({
      probability: null,
      analysed_at: at(10),
      size_bytes: 1000,
    })
  })

  it('of a newer version is left as it is: its columns would be lost', async () => {
    const [event] = [await writer.keep(makeResult(1, suspected, at(10)))]
    const key = tableKeys.fileOf({ tenant: 'north', day: '2026-11-01', analysed_at: at(10) })
    const bytes = new Uint8Array(
      parquetWriteBuffer({ columnData: [{ name: 'of_tomorrow', data: ['x'], type: 'STRING' }] }),
    )
    writer.files.files.set(key, { bytes, version: 1 })
    expect(await writer.bring(event)).toEqual([0])
    expect(writer.files.files.get(key)?.bytes).toBe(bytes)
    expect(writer.lines.join()).toContain('NewerFileError')
  })

  it('of an older version, without a column, is read with null there', async () => {
    const bytes = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'image_id', data: [idOf(9)], type: 'STRING' },
          { name: 'screening_key', data: ['k'], type: 'STRING' },
        ],
      }),
    )
    expect(await decodeRows(bytes)).toMatchObject([{ image_id: idOf(9), outcome: null, warnings: null }])
  })

  it.each([
    ['cut off', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 20)],
    ['empty', () => new Uint8Array()],
  ])('that is %s is not written over', async (_, damage) => {
    const event = await writer.keep(makeResult(1, suspected, at(10)))
    await writer.bring(event)
    const [[key, file]] = writer.files.files
    writer.files.files.set(key, { ...file, bytes: damage(file.bytes) })
    expect(await writer.bring(await writer.keep(makeResult(2, suspected, at(10))))).toEqual([0])
  })
})
