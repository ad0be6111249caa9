import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { partBytes } from '../../../lib/console/api/upload-parts.ts'
import { frameFacts } from '../../../lib/console/contract/frame.ts'
import { operations } from '../../../lib/console/contract/operations.ts'
import { problem } from '../../../lib/console/contract/problem.ts'
import { review } from '../../../lib/console/contract/review.ts'
import { study } from '../../../lib/console/contract/study.ts'
import { upload } from '../../../lib/console/contract/upload.ts'
import { worklistChanges } from '../../../lib/console/contract/worklist.ts'
import { lockOutputFolder } from '../../../lib/embedded/output-lock.ts'
import { screenFiles } from '../../../lib/embedded/screen-files.ts'
import { defaultSettings } from '../../../lib/embedded/screening-settings.ts'
import { readLabels } from '../../../lib/evaluation/dataset/read-labels.ts'
import { imageIdOf, sha256Hex } from '../../../lib/screening/kernel/identifiers.ts'
import { failedLine } from '../../../lib/screening/result-documents/result-line.ts'
import { drawPhantoms, newFolder, type OpenConsole, openConsole, removeFolder } from './open-console.ts'

const nowhere = '0'.repeat(32)
let phantoms: Uint8Array[]
let open: OpenConsole

const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(new URL(path, open.address), init)
const askJson = async (path: string, init?: RequestInit) => (await ask(path, init)).json()
const post = (path: string, body: unknown): Promise<Response> =>
  ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

/** Every file of a folder with a digest of what is in it. */
const contentsOf = (folder: string): string[] =>
  readdirSync(folder).map((name) => `${name} ${sha256Hex(new Uint8Array(readFileSync(join(folder, name))))}`)

async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  return problem.parse(await response.json())
}

const grant = async (name: string, sizeBytes: number) =>
  upload.parse(await (await post('/api/uploads', { name, sizeBytes })).json())

/** Sends a file and waits until it is screened. */
async function send(name: string, bytes: Uint8Array) {
  const { href, uploadId } = await grant(name, bytes.length)
  const taken = await ask(href, { method: 'PUT', body: new Uint8Array(bytes) })
  expect(taken.status).toBe(202)
  for (;;) {
    const found = upload.parse(await askJson(`/api/uploads/${uploadId}`))
    if (found.state === 'done') return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

beforeAll(async () => {
  phantoms = await drawPhantoms(2)
  open = await openConsole(newFolder())
})
afterAll(async () => {
  await open.close()
  removeFolder(open.outDir)
})

describe('the console over a folder', () => {
  let studyId: string

  it('starts with an empty list', async () => {
    expect(worklistChanges.parse(await askJson('/api/studies'))).toMatchObject({ isComplete: true, rows: [] })
  })

  it('screens what is uploaded, and tells of it to who asks for changes', async () => {
    const before = worklistChanges.parse(await askJson('/api/studies'))
    const sent = await send('../Doe^Jane.dcm', phantoms[0])
    studyId = sent.studyId!
    expect(sent).toMatchObject({ state: 'done', rejection: null })
    const after = worklistChanges.parse(await askJson(`/api/studies?since=${before.cursor}`))
    expect(after).toMatchObject({ isComplete: false, rows: [{ studyId, names: ['Doe^Jane.dcm'], reading: 'unread' }] })
    expect(await askJson(`/api/studies?since=${after.cursor}`)).toMatchObject({ isComplete: false, rows: [] })
  })

  it('keeps an uploaded file in its own folder, and no half of one', () => {
    expect(readdirSync(join(open.outDir, 'uploads'))).toEqual([studyId])
    expect(new Uint8Array(readFileSync(join(open.outDir, 'uploads', studyId, 'Doe^Jane.dcm')))).toEqual(phantoms[0])
  })

  it('hands out the result, the frame, its facts, the activation map and the mask', async () => {
    const { result, hasClassActivationMap } = study.parse(await askJson(`/api/studies/${studyId}`))
    expect(result).toMatchObject({ imageId: studyId })
    expect(hasClassActivationMap).toBe(true)
    const facts = frameFacts.parse(await askJson(`/api/studies/${studyId}/frame-facts`))
    expect((await (await ask(`/api/studies/${studyId}/frame`)).arrayBuffer()).byteLength).toBe(
      facts.rows * facts.columns * 2,
    )
    expect((await ask(`/api/studies/${studyId}/class-activation-map`)).headers.get('content-type')).toBe('image/png')
    const mask = await ask(`/api/studies/${studyId}/mask`)
    expect(mask.status).toBe(result?.segmentation?.mask ? 200 : 404)
  })

  it.each(['/api/studies', '/api/studies/:id', '/api/studies/:id/frame'])(
    'answers 304 to who has %s already',
    async (path) => {
      const first = await ask(path.replace(':id', studyId))
      await first.arrayBuffer()
      const again = await ask(path.replace(':id', studyId), {
        headers: { 'if-none-match': first.headers.get('etag')! },
      })
      expect(again.status).toBe(304)
    },
  )

  it('says in words why a file was not analysed', async () => {
    const cut = await send('cut.dcm', phantoms[1].slice(0, 5000))
    expect(cut.rejection?.code).toBe('truncated')
    expect(cut.rejection?.remedy).toMatch(/Send it again/)
    const refused = await problemOf(await ask(`/api/studies/${cut.studyId}/frame`))
    expect(refused).toMatchObject({ status: 409, detail: cut.rejection?.remedy })
  })

  it('makes no row of a file that is no picture', async () => {
    const sent = await send('notes.txt', new TextEncoder().encode('hello'))
    expect(sent).toMatchObject({ studyId: null, rejection: { code: 'not-a-picture' } })
    expect(await askJson('/api/studies')).toMatchObject({ setAside: 1 })
  })

  it('makes one row of a file that is sent twice', async () => {
    expect((await send('again.dcm', phantoms[0])).studyId).toBe(studyId)
    const { rows } = worklistChanges.parse(await askJson('/api/studies'))
    expect(rows.filter((row) => row.studyId === studyId)).toHaveLength(1)
  })

  it('marks a study as in reading, then as done once it is reviewed, beside the result', async () => {
    const before = readFileSync(join(open.outDir, studyId, 'result.json'), 'utf8')
    expect((await ask(`/api/studies/${studyId}/reading`, { method: 'PUT' })).status).toBe(204)
    expect((await askJson(`/api/studies/${studyId}`)).row.reading).toBe('in-reading')
    const words = {
      reviewer: 'A. Reader',
      agreement: 'disagree',
      pneumothorax: 'present',
      side: 'left',
      note: 'apical',
    }
    const stored = await post(`/api/studies/${studyId}/reviews`, words)
    expect(stored.status).toBe(201)
    expect(review.parse(await stored.json())).toMatchObject({ ...words, studyId })
    expect((await askJson(`/api/studies/${studyId}`)).row).toMatchObject({ reading: 'done', reviews: 1 })
    expect(await askJson(`/api/studies/${studyId}/reviews`)).toHaveLength(1)
    expect(readFileSync(join(open.outDir, studyId, 'result.json'), 'utf8')).toBe(before)
  })

  it('keeps a mask that a reader has drawn beside the review, and what was screened as it was', async () => {
    const before = contentsOf(join(open.outDir, studyId))
    const { rows, columns } = frameFacts.parse(await askJson(`/api/studies/${studyId}/frame-facts`))
    const pixels = Uint8Array.from({ length: rows * columns }, (_, at) => (at < 3 * columns ? 255 : 0))
    const png = await sharp(pixels, { raw: { width: columns, height: rows, channels: 1 } })
      .png()
      .toBuffer()
    const words = { reviewer: 'B. Reader', agreement: 'disagree', pneumothorax: 'present', side: 'right', note: '' }
    const stored = await post(`/api/studies/${studyId}/reviews`, { ...words, mask: png.toString('base64') })
    const { reviewId, mask } = review.parse(await stored.json())
    expect(mask).toMatchObject({ areaPixels: 3 * columns })
    const answer = await ask(`/api/studies/${studyId}/reviews/${reviewId}/mask`)
    const drawn = new Uint8Array(await answer.arrayBuffer())
    expect(sha256Hex(drawn)).toBe(mask?.sha256)
    expect(Uint8Array.from(await sharp(drawn).extractChannel(0).raw().toBuffer())).toEqual(pixels)
    expect(readdirSync(join(open.outDir, 'reviews', studyId)).filter((name) => name.endsWith('.png'))).toHaveLength(1)
    expect(contentsOf(join(open.outDir, studyId))).toEqual(before)
  })

  it('refuses a mask of another size with a code, and stores no review then', async () => {
    const png = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'white' } })
      .png()
      .toBuffer()
    const words = { reviewer: 'C', agreement: 'agree', pneumothorax: 'present', side: null, note: '' }
    const refused = await post(`/api/studies/${studyId}/reviews`, { ...words, mask: png.toString('base64') })
    expect(await problemOf(refused)).toMatchObject({ status: 422, code: 'mask-wrong-size' })
    const huge = await post(`/api/studies/${studyId}/reviews`, { ...words, mask: 'A'.repeat(5_000_000) })
    expect(await problemOf(huge)).toMatchObject({ status: 413, code: 'mask-too-large' })
    expect(await askJson(`/api/studies/${studyId}/reviews`)).toHaveLength(2)
  })

  it('exports reviews as labels that an evaluation reads', async () => {
    const file = join(open.outDir, 'labels.csv')
    writeFileSync(file, await (await ask('/api/reviews/labels.csv')).text())
    const { images, problems } = await readLabels(file)
    expect(problems).toEqual(['again: listed more than once (row 3)'])
    expect([...images.values()].map(({ positive }) => positive)).toEqual([true])
  })

  it.each([
    ['a side where nothing is present', { pneumothorax: 'absent', side: 'left' }],
    ['a mask where nothing is present', { pneumothorax: 'absent', mask: 'AAAA' }],
    ['no name', { reviewer: '  ' }],
    ['an unknown word', { agreement: 'perhaps' }],
  ])('refuses a review with %s', async (_, change) => {
    const words = { reviewer: 'A', agreement: 'agree', pneumothorax: 'present', side: null, note: '', ...change }
    expect(await problemOf(await post(`/api/studies/${studyId}/reviews`, words))).toMatchObject({ status: 400 })
  })

  it.each([
    ['a study that is not there', `/api/studies/${nowhere}`, 404],
    ['its frame', `/api/studies/${nowhere}/frame`, 404],
    ['its mask', `/api/studies/${nowhere}/mask`, 404],
    ['its reviews', `/api/studies/${nowhere}/reviews`, 404],
    ['its priors', `/api/studies/${nowhere}/priors`, 404],
    ['the mask of a review', `/api/studies/${nowhere}/reviews/00000000-0000-4000-8000-000000000000/mask`, 404],
    ['an upload that is not there', '/api/uploads/00000000-0000-4000-8000-000000000000', 404],
    ['an id that is none', '/api/studies/..%2f..%2fetc', 400],
    ['a path that is none', '/api/nothing', 404],
  ])('answers with a problem for %s', async (_, path, status) => {
    expect(await problemOf(await ask(path))).toMatchObject({ status })
  })

  it('answers with a problem for a body that is no JSON', async () => {
    const init = { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }
    expect(await problemOf(await ask('/api/uploads', init))).toMatchObject({ status: 400 })
  })

  it('reads no more of a request than words need', async () => {
    const answer = await ask('/api/uploads', {
      method: 'POST',
      body: JSON.stringify({ name: 'x'.repeat(100_000) }),
      headers: { 'content-type': 'application/json' },
    })
    expect(await problemOf(answer)).toMatchObject({ status: 413 })
  })

  it('refuses a file that is larger than a radiograph can be', async () => {
    expect(await problemOf(await post('/api/uploads', { name: 'a', sizeBytes: 2 ** 40 }))).toMatchObject({
      status: 413,
    })
  })

  it.each([
    ['fewer', 10, 409],
    ['more', 2, 413],
  ])('takes nothing of an upload with %s bytes than agreed, and lets it be sent again', async (_, agreed, status) => {
    const { href } = await grant('a.dcm', agreed)
    const body = new Uint8Array(5)
    expect(await problemOf(await ask(href, { method: 'PUT', body }))).toMatchObject({ status })
    expect(await problemOf(await ask(href, { method: 'PUT', body }))).toMatchObject({ status })
    expect(readdirSync(join(open.outDir, 'uploads')).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('takes the bytes of an upload once', async () => {
    const { href, uploadId } = await grant('b.txt', 5)
    await ask(href, { method: 'PUT', body: new Uint8Array(5) })
    expect(await problemOf(await ask(href, { method: 'PUT', body: new Uint8Array(5) }))).toMatchObject({ status: 409 })
    expect(uploadId).toBeDefined()
  })

  it('takes a large file in parts over a connection that is cut, and goes on', async () => {
    const bytes = new Uint8Array(partBytes + 9).fill(7)
    const request = { name: 'large.dcm', sizeBytes: bytes.length, sha256: sha256Hex(bytes) }
    const asked = async () => upload.parse(await (await post('/api/uploads', request)).json())
    const { uploadId, parts } = await asked()
    const put = (number: number) =>
      ask(`/api/uploads/${uploadId}/parts/${number}`, {
        method: 'PUT',
        body: bytes.slice((number - 1) * partBytes, number * partBytes),
      })
    const complete = () => ask(`/api/uploads/${uploadId}/completion`, { method: 'POST' })
    expect(parts?.map(({ number }) => number)).toEqual([1, 2])
    expect((await put(2)).status).toBe(204)

    const halves = () =>
      readdirSync(join(open.outDir, 'uploads/.unfinished', uploadId)).filter((name) => name.endsWith('.draft'))
    const cut = httpRequest(new URL(parts![0].href, open.address), {
      method: 'PUT',
      headers: { 'content-length': partBytes },
    })
    cut.on('error', () => {})
    cut.write(bytes.subarray(0, 100_000))
    await expect.poll(halves).toHaveLength(1)
    cut.destroy()
    await expect.poll(halves).toEqual([])
    expect(await problemOf(await complete())).toMatchObject({ status: 409, code: 'parts-missing' })

    expect((await asked()).parts?.map(({ number }) => number)).toEqual([1])
    expect(await problemOf(await put(3))).toMatchObject({ status: 404 })
    expect(await problemOf(await put(0))).toMatchObject({ status: 400 })
    expect((await put(1)).status).toBe(204)
    expect((await complete()).status).toBe(202)
    const state = async () => upload.parse(await askJson(`/api/uploads/${uploadId}`))
    await expect.poll(async () => (await state()).state).toBe('done')
    expect(await state()).toMatchObject({ rejection: { code: 'not-an-image' } })
    expect(await problemOf(await ask(`/api/uploads/${uploadId}`, { method: 'DELETE' }))).toMatchObject({ status: 409 })
    expect(open.logged.filter((line) => line.includes('console-failed'))).toEqual([])
  })

  it('forgets an upload that is cancelled', async () => {
    const { uploadId } = await (await post('/api/uploads', { name: 'a', sizeBytes: 5, sha256: sha256Hex('a') })).json()
    const cancel = () => ask(`/api/uploads/${uploadId}`, { method: 'DELETE' })
    expect((await cancel()).status).toBe(204)
    expect(await problemOf(await cancel())).toMatchObject({ status: 404 })
  })

  it('says that a file is gone, or another one by now', async () => {
    const sent = await send('later.dcm', phantoms[1])
    writeFileSync(join(open.outDir, 'uploads', sent.studyId!, 'later.dcm'), 'something else')
    const answer = await problemOf(await ask(`/api/studies/${sent.studyId}/frame`))
    expect(answer).toMatchObject({ status: 409, title: 'The file is gone' })
  })

  it('serves its page with a policy that lets nothing in from elsewhere', async () => {
    const page = await ask('/')
    expect(await page.text()).toContain('<div id="app">')
    expect(page.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect((await ask('/api/studies')).headers.get('cache-control')).toBe('no-store')
    expect((await ask('/', { headers: { 'if-none-match': page.headers.get('etag')! } })).status).toBe(304)
  })

  it('names no patient and no file in what it logs', () => {
    expect(open.logged.join('\n')).not.toMatch(/Doe|dcm|reader/i)
  })

  it('is refused to a second program while it serves', async () => {
    await expect(openConsole(open.outDir)).rejects.toThrow(/in use by pleura serve/)
  })

  it('says that a port is taken', async () => {
    const folder = newFolder()
    const port = Number(new URL(open.address).port)
    await expect(openConsole(folder, { port })).rejects.toThrow(/EADDRINUSE.*another --port/)
    removeFolder(folder)
  })
})

describe('a console that starts again', () => {
  it('shows what was there, screens what was taken and not finished, and removes halves', async () => {
    const outDir = newFolder()
    const folder = join(outDir, 'uploads', 'f'.repeat(32))
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'left.dcm'), phantoms[0])
    writeFileSync(join(outDir, 'uploads', '.1.draft'), 'half')
    await (await openConsole(outDir)).close()
    expect(readdirSync(join(outDir, 'uploads'))).toEqual(['f'.repeat(32)])

    const again = await openConsole(outDir)
    const list = worklistChanges.parse(
      await (await fetch(new URL('/api/studies?since=earlier.3', again.address))).json(),
    )
    expect(list).toMatchObject({ isComplete: true, rows: [{ names: ['left.dcm'] }] })
    await again.close()
    expect(readFileSync(join(outDir, 'results.jsonl'), 'utf8').trim().split('\n')).toHaveLength(1)
    removeFolder(outDir)
  })
})

describe('a folder that other programs write to', () => {
  let outDir: string
  let shared: OpenConsole
  const changes = async (since = '') =>
    worklistChanges.parse(await (await fetch(new URL(`/api/studies?since=${since}`, shared.address))).json())
  const names = async () => (await changes()).rows.flatMap((row) => row.names).sort()
  const upload = async (name: string, bytes: Uint8Array): Promise<string> => {
    const granted = await fetch(new URL('/api/uploads', shared.address), {
      method: 'POST',
      body: JSON.stringify({ name, sizeBytes: bytes.length }),
      headers: { 'content-type': 'application/json' },
    })
    const { href, uploadId } = await granted.json()
    await fetch(new URL(href, shared.address), { method: 'PUT', body: new Uint8Array(bytes) })
    return uploadId
  }
  const linesOf = (): { input: string }[] =>
    readFileSync(join(outDir, 'results.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

  beforeEach(async () => {
    outDir = newFolder()
    shared = await openConsole(outDir)
    return async () => {
      await shared.close()
      removeFolder(outDir)
    }
  })

  it('shows what `pleura screen` has written, and lists again what that left out', async () => {
    await upload('sent.dcm', phantoms[0])
    await expect.poll(names, { timeout: 60_000 }).toEqual(['sent.dcm'])
    const before = await changes()
    writeFileSync(join(outDir, 'other.dcm'), phantoms[1])
    const inputs = [{ path: join(outDir, 'other.dcm'), problem: null }]
    const options = { concurrency: 1, force: false, log: () => {}, onStudy: () => {} }
    await screenFiles(inputs, { ...defaultSettings(outDir), documents: ['mask', 'overlay'] }, options)
    expect((await changes(before.cursor)).isComplete).toBe(true)
    await expect.poll(names, { timeout: 60_000 }).toEqual(['other.dcm', 'sent.dcm'])
    expect(linesOf()).toHaveLength(2)
  })

  it('shows a line that another program has added, without a new list', async () => {
    const before = await changes()
    const line = failedLine('in/late.dcm', 'e'.repeat(32), 'truncated')
    writeFileSync(join(outDir, 'results.jsonl'), `${JSON.stringify(line)}\n`)
    expect(await names()).toEqual(['late.dcm'])
    const then = await changes(before.cursor)
    appendFileSync(join(outDir, 'results.jsonl'), `${JSON.stringify({ ...line, imageId: 'f'.repeat(32) })}\n`)
    expect(await changes(then.cursor)).toMatchObject({ isComplete: false, rows: [{ studyId: 'f'.repeat(32) }] })
  })

  it('screens what was uploaded once the folder is free, and gives it back', async () => {
    const unlock = await lockOutputFolder(outDir, 'screen')
    const uploadId = await upload('sent.dcm', phantoms[0])
    const state = async () => (await (await fetch(new URL(`/api/uploads/${uploadId}`, shared.address))).json()).state
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(await state()).toBe('screening')
    expect(await names()).toEqual([])
    await unlock()
    await expect.poll(state, { timeout: 60_000 }).toBe('done')
    expect(await names()).toEqual(['sent.dcm'])
    await (await lockOutputFolder(outDir, 'screen'))()
  })

  it.each(['watch', 'listen'])('refuses an upload while `pleura %s` goes on', async (program) => {
    const unlock = await lockOutputFolder(outDir, program)
    const refused = await fetch(new URL('/api/uploads', shared.address), {
      method: 'POST',
      body: JSON.stringify({ name: 'a', sizeBytes: 1 }),
      headers: { 'content-type': 'application/json' },
    })
    expect(await problemOf(refused)).toMatchObject({
      status: 409,
      detail: expect.stringContaining(`pleura ${program}`),
    })
    await unlock()
  })

  it('ends while another program has the folder, and the next console screens what was sent', async () => {
    const unlock = await lockOutputFolder(outDir, 'screen')
    await upload('sent.dcm', phantoms[0])
    await shared.close()
    await unlock()
    shared = await openConsole(outDir)
    await expect.poll(names, { timeout: 60_000 }).toEqual(['sent.dcm'])
    expect(linesOf()).toHaveLength(1)
  })
})

describe('what the system failed over', () => {
  it('is screened again when somebody asks, and takes the place of its row without an id', async () => {
    const outDir = newFolder()
    const input = join(outDir, 'in.dcm')
    writeFileSync(input, phantoms[0])
    const failed = (name: string, imageId: string | null) => failedLine(join(outDir, name), imageId, 'system-failure')
    const lines = [failed('in.dcm', null), failed('gone.dcm', 'b'.repeat(32))]
    writeFileSync(join(outDir, 'results.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const again = await openConsole(outDir)
    const askAgain = (path: string, method = 'GET') => fetch(new URL(path, again.address), { method })
    const list = async (since = '') =>
      worklistChanges.parse(await (await askAgain(`/api/studies?since=${since}`)).json())
    const figures = async () => operations.parse(await (await askAgain('/api/operations')).json())

    const before = await list()
    const [studyId, gone] = (await figures()).failures
    expect(gone).toBe('b'.repeat(32))
    const refused = await problemOf(await askAgain(`/api/studies/${gone}/screening`, 'POST'))
    expect(refused).toMatchObject({ status: 409, title: 'The file is gone' })
    const unlock = await lockOutputFolder(outDir, 'watch')
    const held = await problemOf(await askAgain(`/api/studies/${studyId}/screening`, 'POST'))
    expect(held).toMatchObject({ status: 409, title: 'Another program holds the folder' })
    await unlock()
    const begun = await Promise.all([1, 2].map(() => askAgain(`/api/studies/${studyId}/screening`, 'POST')))
    expect(begun.map(({ status }) => status)).toEqual([202, 202])
    await expect.poll(async () => (await figures()).failures, { timeout: 60_000 }).toEqual([gone])

    const after = await list(before.cursor)
    expect(after.isComplete).toBe(true)
    expect(after.rows.map(({ studyId }) => studyId).sort()).toEqual([gone, imageIdOf(phantoms[0])].sort())
    const done = await problemOf(await askAgain(`/api/studies/${imageIdOf(phantoms[0])}/screening`, 'POST'))
    expect(done).toMatchObject({ status: 409, title: 'Nothing to be tried again' })
    expect((await askAgain(`/api/studies/${nowhere}/screening`, 'POST')).status).toBe(404)
    await again.close()
    // Both presses made one line.
    expect(readFileSync(join(outDir, 'results.jsonl'), 'utf8').trim().split('\n')).toHaveLength(3)
    removeFolder(outDir)
  })
})

/** fetch sets Host and Origin itself. */
function statusWith(
  address: string,
  headers: Record<string, string>,
  method = 'GET',
  path = '/api/studies',
): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest(new URL(path, address), { method, headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode!)
    })
      .on('error', reject)
      .end()
  })
}

describe('access', () => {
  it.each([
    ['a program of this machine', {}, 200],
    ['its own page', { 'sec-fetch-site': 'same-origin' }, 200],
    ['an address typed in', { 'sec-fetch-site': 'none' }, 200],
    ['a page on another port', { 'sec-fetch-site': 'same-site' }, 403],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['another origin', { origin: 'http://127.0.0.1:1' }, 403],
    ['an origin that is none', { origin: 'null' }, 403],
    ['a name that was made to point here', { host: 'evil.example' }, 421],
  ])('on the loopback interface answers %s with %3$d', async (_, headers, status) => {
    expect(await statusWith(open.address, headers as Record<string, string>)).toBe(status)
  })

  it('on any other interface asks for the token, and takes a cookie for it', async () => {
    const outDir = newFolder()
    const console = await openConsole(outDir, { host: '0.0.0.0', token: 'the-token' })
    const address = console.address.replace('0.0.0.0', '127.0.0.1')
    const status = (headers: Record<string, string>) => statusWith(address, headers)
    expect(await statusWith(address, {}, 'GET', '/')).toBe(200)
    expect(await status({})).toBe(401)
    expect(await status({ authorization: 'Bearer another' })).toBe(401)
    expect(await status({ authorization: 'Bearer the-token' })).toBe(200)
    const session = (token: string) => fetch(new URL('/api/session', address), { method: 'POST', body: token })
    expect((await session('another')).status).toBe(401)
    const cookie = (await session('the-token')).headers.get('set-cookie')!
    expect(cookie).toMatch(/^pleura-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(await status({ cookie: cookie.split(';')[0] })).toBe(200)
    expect((await session('x'.repeat(5000))).status).toBe(413)
    const behindProxy = {
      host: 'console.example',
      origin: 'https://console.example',
      authorization: 'Bearer the-token',
    }
    expect(await status(behindProxy)).toBe(200)
    await console.close()
    removeFolder(outDir)
  })
})
