import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Upload } from '../../../lib/console/contract/upload.ts'
import type { WorklistChanges } from '../../../lib/console/contract/worklist.ts'
import { sha256Hex } from '../../../lib/screening/kernel/identifiers.ts'
import { studyKeys } from '../../../lib/screening/screening-job/study-keys.ts'
import { drawPicture } from '../screen/draw-picture.ts'
import { type OpenedConsole, openConsole } from './open-console.ts'
import { claimsOf, type Issuer, openIssuer } from './open-issuer.ts'

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

const ask = (path: string, init: RequestInit = {}) =>
  console.app.request(`https://console.example${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  })
const json = async <T>(path: string, init?: RequestInit): Promise<T> => (await ask(path, init)).json() as Promise<T>

describe('an upload of a large file', () => {
  const mib = 2 ** 20
  const sha256Of = async (seed: number) => sha256Hex(new Uint8Array(await drawPicture(seed, true)))
  const ask3 = async (seed = 1) =>
    json<Upload>('/api/uploads', {
      method: 'POST',
      body: JSON.stringify({ name: 'DOE^JANE.dcm', sizeBytes: 20 * mib, sha256: await sha256Of(seed) }),
    })
  const numbers = ({ parts }: Upload) => parts?.map(({ number }) => number)
  const complete = (id: string) => ask(`/api/uploads/${id}/completion`, { method: 'POST' })
  const cancel = (id: string) => ask(`/api/uploads/${id}`, { method: 'DELETE' })

  it('goes in parts, goes on with those that are missing, and is followed to its row', async () => {
    const granted = await ask3()
    const key = studyKeys.consoleUpload('north', granted.uploadId)
    expect(granted.parts).toEqual([
      { number: 1, firstByte: 0, sizeBytes: 8 * mib, href: expect.stringContaining(`${key}?multipart=m1&part=1`) },
      { number: 2, firstByte: 8 * mib, sizeBytes: 8 * mib, href: expect.stringContaining('part=2&put=8388608') },
      { number: 3, firstByte: 16 * mib, sizeBytes: 4 * mib, href: expect.stringContaining('part=3&put=4194304') },
    ])
    console.multiparts.send(granted.parts![0].href)
    console.multiparts.send(granted.parts![2].href)
    console.multiparts.send(granted.parts![1].href, 5)
    const early = await complete(granted.uploadId)
    expect([early.status, await early.json()]).toMatchObject([409, { code: 'parts-missing' }])
    const again = await ask3()
    expect([again.uploadId, numbers(again)]).toEqual([granted.uploadId, [2]])
    console.multiparts.send(again.parts![0].href)
    expect((await complete(granted.uploadId)).status).toBe(202)
    expect(console.bucket.text(key)).toBe('e1,e2,e3')
    const follow = () => json<Upload>(`/api/uploads/${granted.uploadId}`)
    expect(await follow()).toMatchObject({ state: 'screening' })
    // The other browser that has sent the same file.
    expect((await complete(granted.uploadId)).status).toBe(202)
    const { imageId } = await console.screen('north', 1, { key })
    expect(await follow()).toMatchObject({ state: 'done', studyId: imageId, rejection: null })
    expect((await json<WorklistChanges>('/api/studies')).rows).toMatchObject([
      { studyId: imageId, names: ['DOE^JANE.dcm'] },
    ])
    expect((await cancel(granted.uploadId)).status).toBe(409)
    // Once more: it was completed, so it begins anew.
    expect(numbers(await ask3())).toEqual([1, 2, 3])
  })

  it('is one upload for two who ask at once', async () => {
    const both = await Promise.all([ask3(), ask3()])
    const open = [...console.multiparts.open.keys()]
    expect(open).toHaveLength(1)
    for (const { parts } of both) expect(parts![0].href).toContain(`multipart=${open[0]}&`)
  })

  it('is not taken for what came in its place', async () => {
    const granted = await ask3(7)
    for (const { href } of granted.parts!) console.multiparts.send(href)
    await complete(granted.uploadId)
    await console.screen('north', 1, { key: studyKeys.consoleUpload('north', granted.uploadId) })
    expect(await json(`/api/uploads/${granted.uploadId}`)).toMatchObject({
      state: 'done',
      studyId: null,
      rejection: { code: 'wrong-digest' },
    })
  })

  it('is forgotten when it is cancelled, and begins anew', async () => {
    const granted = await ask3()
    console.multiparts.send(granted.parts![0].href)
    expect((await cancel(granted.uploadId)).status).toBe(204)
    expect(console.multiparts.open.size).toBe(0)
    expect((await complete(granted.uploadId)).status).toBe(404)
    expect((await ask(`/api/uploads/${granted.uploadId}`)).status).toBe(404)
    expect(numbers(await ask3())).toEqual([1, 2, 3])
    expect((await cancel('b2c8a3de-5f64-4a07-9b3c-1f2e3d4c5b6a')).status).toBe(404)
    expect((await complete('b2c8a3de-5f64-4a07-9b3c-1f2e3d4c5b6a')).status).toBe(404)
  })

  it('is none where the file goes whole', async () => {
    const body = JSON.stringify({ name: 'small.dcm', sizeBytes: 1 })
    const { uploadId } = await json<Upload>('/api/uploads', { method: 'POST', body })
    expect((await complete(uploadId)).status).toBe(409)
  })
})
