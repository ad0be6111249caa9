import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { FrameFacts } from '../../../lib/console/contract/frame.ts'
import type { Operations } from '../../../lib/console/contract/operations.ts'
import type { WorklistChanges } from '../../../lib/console/contract/worklist.ts'
import { maximumStudyImages } from '../../../lib/screening/result-documents/study-result/roll-up-study.ts'
import { studyDigestOf } from '../../../lib/screening/result-documents/study-result/study-identity.ts'
import { studyResult } from '../../../lib/screening/result-documents/study-result/study-result.ts'
import { studyKeys } from '../../../lib/screening/screening-job/study-keys.ts'
import type { UsageReceipt } from '../../../lib/screening/usage/usage-receipt.ts'
import { dayMs, type OpenedConsole, openConsole } from './open-console.ts'
import { claimsOf, type Issuer, openIssuer } from './open-issuer.ts'

const studyDigest = studyDigestOf('2.25.2')

let issuer: Issuer
let console: OpenedConsole
let token: string
beforeAll(async () => {
  issuer = await openIssuer()
  token = await issuer.sign(claimsOf('north'))
})
afterAll(() => issuer.close())
beforeEach(() => {
  console = openConsole(issuer)
})

const ask = (path: string, init: RequestInit = {}, app = console.app) =>
  app.request(`https://console.example${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers },
  })
const json = async <T>(path: string, init?: RequestInit, app = console.app): Promise<T> =>
  (await ask(path, init, app)).json() as Promise<T>
const changes = (since?: string, app = console.app) =>
  json<WorklistChanges>(`/api/studies${since ? `?since=${since}` : ''}`, {}, app)
/** What was listed stands for a while. */
const later = (ms = 60_000) => {
  console.clock.nowMs += ms
}
const send = (body: unknown): RequestInit => ({ method: 'POST', body: JSON.stringify(body) })
const agreed = { reviewer: 'typed', agreement: 'agree', pneumothorax: 'present', side: 'left', note: '' }

describe('the worklist of the bucket', () => {
  it('has a row for each image, by the names its senders gave, whatever sent it twice', async () => {
    const image = await console.screen('north', 1)
    await console.screen('north', 1, { key: 'uploads/north/again.png' })
    await console.screen('north', 2, { outcome: 'not-suspected' })
    await console.screen('north', 3, { outcome: 'not-analysed' })
    const { rows, isComplete } = await changes()
    expect(isComplete).toBe(true)
    expect(rows.map(({ outcome }) => outcome).sort()).toEqual(['not-analysed', 'not-suspected', 'suspected'])
    const row = rows.find(({ studyId }) => studyId === image.imageId)
    expect(row?.names.sort()).toEqual(['DOE^JANE-1.png', 'again.png'])
    expect(row).toMatchObject({ reading: 'unread', priority: 'first' })
  })

  it('raises all images of a study together, by a suspected one, an urgent upload and a mark of a reader', async () => {
    const first = await console.screen('north', 1, { outcome: 'not-suspected' })
    const second = await console.screen('north', 2, { outcome: 'not-suspected' })
    const say = (outcome: string, images = 2) => {
      const [counts, none] = [{ images, suspected: 0, notSuspected: 0, notAnalysed: 0 }, null]
      const study = { schemaVersion: 1, studyDigest, studyInstanceUid: '2.25.2', outcome, probability: none }
      const rest = { decidingImage: none, discordant: false, sides: none, images: [], notAnalysed: [], warnings: [] }
      later()
      const key = `${studyKeys.study('north', studyDigest)}study.json`
      return console.put(key, studyResult.parse({ ...study, ...rest, counts, notice: '' }))
    }
    const told = async (since?: string) => (await changes(since)).rows.map(({ priority }) => priority)
    const mark = (urgent: boolean) =>
      ask(`/api/studies/${first.imageId}/urgency`, {
        method: 'PUT',
        body: JSON.stringify({ reader: 'typed', urgent }),
      })
    await say('not-suspected')
    const { cursor } = await changes()
    expect(await told()).toEqual(['in-turn', 'in-turn'])
    await say('suspected')
    later()
    expect(await told(cursor)).toEqual(['first', 'first'])
    expect((await mark(true)).status).toBe(200)
    expect((await mark(true)).status).toBe(200)
    later()
    expect(await told(cursor)).toEqual(['urgent', 'urgent'])
    const { rows } = await changes(undefined, console.open())
    expect(rows.find(({ studyId }) => studyId === second.imageId)?.urgentMark?.reader).not.toBe('typed')
    expect(console.bucket.keys('reviews/north/')).toHaveLength(1)
    expect(await json(`/api/studies/${first.imageId}/reviews`)).toEqual([])
    await mark(false)
    await say('not-suspected')
    later()
    expect(await told()).toEqual(['in-turn', 'in-turn'])
    await console.screen('north', 2, { outcome: 'not-suspected', key: 'uploads/north/stat/again.png' })
    later()
    expect(await told()).toEqual(['first', 'first'])
    await say('incomplete', maximumStudyImages + 1)
    later()
    expect((await told()).sort()).toEqual(['first', 'in-turn'])
  })

  it('is empty where nothing was sent', async () => {
    expect(await changes()).toMatchObject({ isComplete: true, rows: [] })
  })

  it('shows the newest result of an image, and never a refusal for money before what was found', async () => {
    await console.screen('north', 1, { outcome: 'not-suspected', changes: { screeningKey: 'a'.repeat(64) } })
    later(60_000)
    const reason = { code: 'quota-exceeded', detail: '', remedy: '' } as const
    const refused = { screeningKey: 'c'.repeat(64), reason, outcome: 'not-analysed' } as const
    // The same bytes: an image is known by them.
    await console.screen('north', 1, { outcome: 'not-suspected', changes: refused })
    expect((await changes()).rows).toMatchObject([{ outcome: 'not-suspected' }])
    later()
    await console.screen('north', 1, {
      outcome: 'not-suspected',
      changes: { screeningKey: 'b'.repeat(64), outcome: 'suspected' },
    })
    later()
    expect((await changes()).rows).toMatchObject([{ outcome: 'suspected', priority: 'first' }])
  })

  it('says that the system failed, also over what was screened before, until it is screened again', async () => {
    const image = await console.screen('north', 1)
    later()
    const failedAt = new Date(console.clock.now()).toISOString()
    await console.put(studyKeys.failure('north', image.imageId), { failedAt })
    await console.put(studyKeys.failure('north', 'f'.repeat(32)), { failedAt })
    const { rows } = await changes()
    expect(rows).toHaveLength(2)
    for (const row of rows) {
      expect(row).toMatchObject({ outcome: 'not-analysed', probability: null, reason: { code: 'system-failure' } })
    }
    const again = await ask(`/api/studies/${image.imageId}/screening`, { method: 'POST' })
    expect([again.status, (await again.json()).detail]).toEqual([409, expect.stringContaining('dead-letters redrive')])
    later()
    await console.screen('north', 1)
    later()
    const row = (await changes()).rows.find(({ studyId }) => studyId === image.imageId)
    expect(row).toMatchObject({ outcome: 'suspected' })
  })

  it.each(['{"schemaVersion":2}', 'no JSON'])('loses no image whose result it cannot read: %s', async (text) => {
    const key = `${studyKeys.resultPrefix('north', 'e'.repeat(32), 'd'.repeat(64))}result.json`
    await console.bucket.put(key, new TextEncoder().encode(text))
    expect((await changes()).rows).toMatchObject([
      { studyId: 'e'.repeat(32), outcome: 'not-analysed', reason: { code: 'system-failure' } },
    ])
  })

  it('ends with the days that were agreed, counted in whole days', async () => {
    await console.screen('north', 1)
    later(14 * dayMs)
    expect((await changes()).rows).toHaveLength(1)
    later(dayMs)
    expect(await changes()).toMatchObject({ isComplete: true, rows: [] })
  })

  it('tells what changed to whoever asks with a cursor, whichever instance answers', async () => {
    const old = await console.screen('north', 1)
    later(dayMs / 24)
    const { cursor } = await changes()
    expect(await changes(cursor)).toMatchObject({ cursor, isComplete: false })
    const added = await console.screen('north', 2)
    later()
    for (const app of [console.app, console.open()]) {
      const told = await changes(cursor, app)
      expect(told.isComplete).toBe(false)
      expect(told.rows.map(({ studyId }) => studyId)).toContain(added.imageId)
      expect(told.cursor).not.toBe(cursor)
    }
    const unchanged = await ask('/api/studies', { headers: { 'if-none-match': `"${(await changes()).cursor}"` } })
    expect(unchanged.status).toBe(304)
    // Something that has gone can be told by a whole list only.
    const all = await changes()
    for (const key of console.bucket.keys(`results/north/${old.imageId}/`)) console.bucket.delete(key)
    later()
    expect(await changes(all.cursor)).toMatchObject({ isComplete: true, rows: [{ studyId: added.imageId }] })
  })

  it.each(['x', '..', 'NaN.NaN.NaN', '-1.-1.-1', '1e999.1.1', '%00'])(
    'gives all rows for cursor %j',
    async (cursor) => {
      await console.screen('north', 1)
      expect(await changes(cursor)).toMatchObject({ isComplete: true, rows: [{ outcome: 'suspected' }] })
    },
  )

  it('says in every instance who has a study open, and for how long', async () => {
    const { imageId } = await console.screen('north', 1)
    later()
    expect((await ask(`/api/studies/${imageId}/reading`, { method: 'PUT' })).status).toBe(204)
    const other = console.open()
    const { rows, cursor } = await changes(undefined, other)
    expect(rows).toMatchObject([{ reading: 'in-reading' }])
    later(11 * 60_000)
    expect((await changes(cursor, other)).rows).toMatchObject([{ reading: 'unread' }])
  })
})

describe('a study', () => {
  it('has its result as it stands, with the code of the mask, and its mask', async () => {
    const { imageId } = await console.screen('north', 1)
    const { result, hasClassActivationMap } = await json<{
      result: { segmentation: { runLength: string } }
      hasClassActivationMap: boolean
    }>(`/api/studies/${imageId}`)
    expect(result.segmentation.runLength).not.toBe('')
    expect(hasClassActivationMap).toBe(false)
    expect((await ask(`/api/studies/${imageId}/mask`)).status).toBe(200)
  })

  it('has a picture that is decoded once, and lies in the bucket for whoever gets its address', async () => {
    const { imageId } = await console.screen('north', 1)
    const facts = await json<FrameFacts>(`/api/studies/${imageId}/frame-facts`)
    expect(facts).toMatchObject({ rows: 128, columns: 128 })
    const { href, expiresAt } = await json<{ href: string; expiresAt: string }>(`/api/studies/${imageId}/frame`)
    const [raw] = console.bucket.keys('frames/north/').filter((key) => key.endsWith('.raw'))
    expect(href).toBe(`https://bucket.example/${raw}?get=60`)
    expect(expiresAt).toBe('2026-11-20T12:01:00.000Z')
    expect((await console.bucket.get(raw)).byteLength).toBe(128 * 128 * 2)
    console.bucket.asked.length = 0
    expect(await json(`/api/studies/${imageId}/frame-facts`, {}, console.open())).toEqual(facts)
    expect(console.bucket.asked.filter((key) => key.startsWith('uploads/'))).toEqual([])
  })

  it('whose file was changed or deleted since has no picture', async () => {
    const { imageId, upload } = await console.screen('north', 1)
    await console.bucket.put(upload, new Uint8Array([1, 2, 3]))
    expect((await ask(`/api/studies/${imageId}/frame`)).status).toBe(409)
    console.bucket.delete(upload)
    expect((await ask(`/api/studies/${imageId}/frame`)).status).toBe(409)
    expect(console.bucket.keys('frames/')).toEqual([])
  })

  it('that was not analysed has none either', async () => {
    const { imageId } = await console.screen('north', 3, { outcome: 'not-analysed' })
    for (const path of ['frame', 'frame-facts']) {
      expect((await ask(`/api/studies/${imageId}/${path}`)).status).toBe(409)
    }
  })
})

describe('a review', () => {
  it('is stored beside the result, by whom the token names, whatever was typed', async () => {
    const { imageId, screeningKey } = await console.screen('north', 1)
    const before = console.bucket.keys('results/')
    const added = await ask(`/api/studies/${imageId}/reviews`, send(agreed))
    expect(added.status).toBe(201)
    expect(await added.json()).toMatchObject({ reviewer: 'ada@example.org', screeningKey, outcome: 'suspected' })
    expect(console.bucket.keys('results/')).toEqual(before)
    expect(console.bucket.keys(`reviews/north/${imageId}/`)).toHaveLength(1)
    expect((await changes()).rows).toMatchObject([{ reading: 'done', reviews: 1 }])
    const reviews = await json<unknown[]>(`/api/studies/${imageId}/reviews`, {}, console.open())
    expect(reviews).toHaveLength(1)
  })

  it('never takes the place of another: two at once are two', async () => {
    const { imageId } = await console.screen('north', 1)
    const path = `/api/studies/${imageId}/reviews`
    await Promise.all([ask(path, send(agreed)), ask(path, send(agreed), console.open())])
    later()
    expect(await json<unknown[]>(path)).toHaveLength(2)
  })
})

describe('an upload', () => {
  it('is granted for a key that says nothing, and followed to its row, which has its name', async () => {
    const name = 'DOE^JANE.dcm'
    const granted = await json<{ uploadId: string; href: string; state: string }>(
      '/api/uploads',
      send({ name, sizeBytes: 77 }),
    )
    const key = studyKeys.consoleUpload('north', granted.uploadId)
    expect(granted).toMatchObject({ href: `https://bucket.example/${key}?put=77`, state: 'granted' })
    const follow = () => json<{ state: string; studyId: string | null }>(`/api/uploads/${granted.uploadId}`)
    expect(await follow()).toMatchObject({ state: 'granted', studyId: null })
    await console.bucket.put(key, new Uint8Array([1]))
    expect(await follow()).toMatchObject({ state: 'screening' })
    const { imageId } = await console.screen('north', 1, { key })
    expect(await follow()).toMatchObject({ state: 'done', studyId: imageId })
    expect((await changes()).rows).toMatchObject([{ studyId: imageId, names: [name] }])
    const keys = console.bucket.keys().filter((key) => !key.startsWith('grants/'))
    expect(keys.join('\n')).not.toContain('DOE')
  })

  it('says why it was not analysed, and when the system failed over it', async () => {
    const { uploadId } = await json<{ uploadId: string }>('/api/uploads', send({ name: 'x', sizeBytes: 7 }))
    const key = studyKeys.consoleUpload('north', uploadId)
    const { imageId, screeningKey } = await console.screen('north', 3, { outcome: 'not-analysed', key })
    const follow = () => json<{ rejection: { code: string } | null }>(`/api/uploads/${uploadId}`)
    expect((await follow()).rejection?.code).toEqual(expect.any(String))
    console.bucket.delete(`${studyKeys.resultPrefix('north', imageId, screeningKey)}result.json`)
    expect(await follow()).toMatchObject({ state: 'screening' })
    await console.put(studyKeys.failure('north', imageId), { failedAt: '2026-11-20T12:00:00.000Z' })
    expect(await follow()).toMatchObject({ state: 'done', rejection: { code: 'system-failure' } })
  })

  it.each([
    [{ name: 'x', sizeBytes: 64 * 2 ** 20 + 1 }, 413],
    [{ name: 'x', sizeBytes: 0 }, 400],
    [{ name: 'x', sizeBytes: -1 }, 400],
    [{ name: 'x', sizeBytes: 1.5 }, 400],
    [{ name: '', sizeBytes: 1 }, 400],
    [{ name: 'x', sizeBytes: 1, key: 'results/north/x' }, 400],
  ])('of %j is refused: %i', async (request, status) => {
    expect((await ask('/api/uploads', send(request))).status).toBe(status)
    expect(console.bucket.keys()).toEqual([])
  })

  it('that nobody asked for is not there', async () => {
    const path = '/api/uploads/b2c8a3de-5f64-4a07-9b3c-1f2e3d4c5b6a'
    expect((await ask(path)).status).toBe(404)
  })
})

describe('usage', () => {
  const month = '2026-11'
  const usage = async () => (await json<Operations>('/api/operations')).usage
  const bill = (tenant: string, image: string, changes: Partial<UsageReceipt> = {}) => {
    const receipt: UsageReceipt = {
      schemaVersion: 1,
      tenant,
      imageId: image.repeat(32),
      outcome: 'suspected',
      lane: 'routine',
      models: [],
      screeningKey: '0'.repeat(64),
      analysedAt: '2026-11-20T11:00:00Z',
      timingsMs: {},
      cold: false,
      estimatedCostUsd: 0.25,
      ...changes,
    }
    return console.put(studyKeys.usageReceipt(tenant, month, receipt.imageId, receipt.screeningKey), receipt)
  }

  it('is what was admitted, held against quota and budget, and what was billed, of this tenant and month', async () => {
    for (const image of ['a', 'b', 'c']) await console.put(studyKeys.admission('north', month, image.repeat(32)), {})
    await console.put(studyKeys.admission('north', '2026-10', 'd'.repeat(32)), {})
    await console.put(studyKeys.admission('north2', month, 'e'.repeat(32)), {})
    await bill('north', 'a')
    await bill('north', 'b', { outcome: 'not-suspected' })
    await bill('north2', 'e')
    expect(await usage()).toEqual({
      month,
      admitted: 3,
      quotaImages: 100,
      spentUsd: 0.006,
      budgetUsd: 1,
      billed: { suspected: 1, notSuspected: 1 },
      damagedReceipts: 0,
      estimatedCostUsd: 0.5,
    })
  })

  it('counts no receipt that is broken, or of another tenant or image, and says how many there are', async () => {
    await bill('north', 'a')
    const key = (image: string) => studyKeys.usageReceipt('north', month, image.repeat(32), '0'.repeat(64))
    await console.bucket.put(key('b'), new TextEncoder().encode('{'))
    await console.bucket.put(key('c'), await console.bucket.get(key('a')))
    expect(await usage()).toMatchObject({ billed: { suspected: 1, notSuspected: 0 }, damagedReceipts: 2 })
  })

  it('starts at nothing with the month, and follows it', async () => {
    await bill('north', 'a')
    expect(await usage()).toMatchObject({ month, billed: { suspected: 1 } })
    console.clock.nowMs = Date.UTC(2026, 11, 1)
    expect(await usage()).toMatchObject({ month: '2026-12', billed: { suspected: 0 }, estimatedCostUsd: 0 })
    await console.put(studyKeys.admission('north', '2026-12', 'f'.repeat(32)), {})
    later()
    expect(await usage()).toMatchObject({ admitted: 1 })
  })
})
