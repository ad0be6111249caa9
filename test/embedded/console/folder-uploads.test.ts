import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { partBytes } from '../../../lib/console/api/upload-parts.ts'
import type { Upload } from '../../../lib/console/contract/upload.ts'
import { FolderUploads } from '../../../lib/embedded/console/folder-uploads.ts'
import { UnfinishedUploads } from '../../../lib/embedded/console/unfinished-uploads.ts'
import { type KeptFile, UploadFolder } from '../../../lib/embedded/console/upload-folder.ts'
import { sha256Hex } from '../../../lib/screening/kernel/identifiers.ts'
import { failedLine } from '../../../lib/screening/result-documents/result-line.ts'

const hourMs = 3_600_000
const file = new Uint8Array(2 * partBytes + 5).map((_, index) => index % 251)
const sha256 = sha256Hex(file)
const large = { name: 'Doe^Jane.dcm', sizeBytes: file.length, sha256 }
const plenty = async () => 2 ** 50

let root: string
const clock = { now: () => Date.now() }
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pleura-uploads-'))
})
afterEach(() => rm(root, { recursive: true }))

async function* bytes(...pieces: Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* pieces
}
const partOf = (number: number, of = file) => bytes(of.subarray((number - 1) * partBytes, number * partBytes))
const numbersOf = ({ parts }: Upload) => parts?.map(({ number }) => number)

interface Options {
  readonly keep?: UploadFolder['keep']
  readonly screen?: (file: KeptFile) => Promise<null>
  readonly writer?: string
  readonly freeBytes?: () => Promise<number>
}

/** Uploads over the folder as a program that has just started has them; what it screened is in `screened`. */
function openUploads({ keep, screen, writer, freeBytes = plenty }: Options = {}) {
  const screened: KeptFile[] = []
  const unfinished = new UnfinishedUploads(join(root, '.unfinished'), clock, freeBytes)
  const folder = new UploadFolder(root)
  const uploads = new FolderUploads(keep ? { keep } : folder, unfinished, {
    maximumBytes: 2 ** 40,
    screen:
      screen ??
      (async (kept) => {
        screened.push(kept)
        return failedLine(kept.path, kept.imageId, 'system-failure')
      }),
    findEndlessWriter: async () => writer ?? null,
    onFailure: (error) => {
      throw error
    },
  })
  return { uploads, unfinished, folder, screened }
}
const unfinishedFiles = () => readdir(join(root, '.unfinished'), { recursive: true }).catch(() => [])

describe('a file that goes whole', () => {
  it('is refused while a thousand are under way; those that never began are forgotten', async () => {
    const { uploads } = openUploads({ keep: () => new Promise<never>(() => {}) })
    const first = await uploads.grant({ name: 'first', sizeBytes: 1 })
    for (let number = 0; number < 1000; number++) {
      const { uploadId } = await uploads.grant({ name: 'a', sizeBytes: 1 })
      uploads.receive(uploadId, bytes())
    }
    expect(await uploads.find(first.uploadId)).toBeNull()
    await expect(uploads.grant({ name: 'one more', sizeBytes: 1 })).rejects.toThrow(/Too many/)
  })

  it.each([
    ['watch', /`pleura watch` writes to this folder and goes on/],
    ['listen', /`pleura listen` writes/],
  ])('is refused where it would wait for ever for %s', async (writer, words) => {
    await expect(openUploads({ writer }).uploads.grant({ name: 'a', sizeBytes: 1 })).rejects.toThrow(words)
  })

  it('is forgotten when it is cancelled, before its bytes have come only', async () => {
    const { uploads } = openUploads()
    const [first, second] = [
      await uploads.grant({ name: 'a', sizeBytes: 1 }),
      await uploads.grant({ name: 'b', sizeBytes: 1 }),
    ]
    await uploads.cancel(first.uploadId)
    await expect(uploads.receive(first.uploadId, bytes(new Uint8Array(1)))).rejects.toMatchObject({ status: 404 })
    await uploads.receive(second.uploadId, bytes(new Uint8Array(1)))
    await expect(uploads.cancel(second.uploadId)).rejects.toMatchObject({ status: 409 })
  })
})

describe('a file that goes in parts', () => {
  it('goes on in the next program with what is missing, and is screened once it is whole', async () => {
    const before = openUploads().uploads
    const granted = await before.grant(large)
    expect(granted).toMatchObject({ state: 'granted', href: '' })
    expect(granted.parts).toEqual([
      { number: 1, firstByte: 0, sizeBytes: partBytes, href: `/api/uploads/${granted.uploadId}/parts/1` },
      { number: 2, firstByte: partBytes, sizeBytes: partBytes, href: `/api/uploads/${granted.uploadId}/parts/2` },
      { number: 3, firstByte: 2 * partBytes, sizeBytes: 5, href: `/api/uploads/${granted.uploadId}/parts/3` },
    ])
    await before.receivePart(granted.uploadId, 3, partOf(3))
    await before.receivePart(granted.uploadId, 1, partOf(1))

    const { uploads, screened } = openUploads()
    expect(await uploads.find(granted.uploadId)).toMatchObject({ state: 'granted' })
    await expect(uploads.complete(granted.uploadId)).rejects.toMatchObject({ status: 409, code: 'parts-missing' })
    const again = await uploads.grant({ ...large, name: 'another name.dcm' })
    expect([again.uploadId, numbersOf(again)]).toEqual([granted.uploadId, [2]])
    await uploads.receivePart(granted.uploadId, 2, partOf(2))
    expect(await uploads.complete(granted.uploadId)).toMatchObject({ state: 'screening' })
    await uploads.settle()
    expect(screened).toEqual([{ imageId: sha256.slice(0, 32), path: join(root, sha256.slice(0, 32), large.name) }])
    expect(sha256Hex(await readFile(screened[0].path))).toBe(sha256)
    expect(await uploads.find(granted.uploadId)).toMatchObject({ state: 'done', rejection: { code: 'system-failure' } })
    expect(await unfinishedFiles()).toEqual([])
    expect(await readdir(root)).toEqual(['.unfinished', sha256.slice(0, 32)])
  })

  it('keeps nothing of a part that breaks off or is no such part', async () => {
    const { uploads } = openUploads()
    const { uploadId } = await uploads.grant(large)
    async function* broken(): AsyncIterable<Uint8Array> {
      yield file.subarray(0, 1000)
      throw new Error('the connection ended')
    }
    await expect(uploads.receivePart(uploadId, 1, broken())).rejects.toThrow('the connection ended')
    await expect(uploads.receivePart(uploadId, 1, bytes())).rejects.toMatchObject({ status: 409, code: 'broken-off' })
    await expect(uploads.receivePart(uploadId, 3, partOf(2))).rejects.toMatchObject({ status: 413 })
    await expect(uploads.receivePart(uploadId, 4, partOf(3))).rejects.toMatchObject({ status: 404 })
    expect(await unfinishedFiles()).toEqual([uploadId, join(uploadId, 'upload.json')])
    expect(numbersOf(await uploads.grant(large))).toEqual([1, 2, 3])
  })

  it('may be sent by two at once: each part comes whole, and it is kept and screened once', async () => {
    const { uploads, screened } = openUploads()
    const [{ uploadId }, other] = await Promise.all([uploads.grant(large), uploads.grant(large)])
    expect(other.uploadId).toBe(uploadId)
    await Promise.all([1, 2, 3, 1, 2, 3].map((number) => uploads.receivePart(uploadId, number, partOf(number))))
    const taken = await Promise.all([uploads.complete(uploadId), uploads.complete(uploadId)])
    expect(taken).toMatchObject([{ state: 'screening' }, { state: 'screening' }])
    await expect(uploads.receivePart(uploadId, 1, partOf(1))).rejects.toMatchObject({ status: 404 })
    await uploads.settle()
    expect(screened).toHaveLength(1)
    expect(await uploads.complete(uploadId)).toMatchObject({ state: 'done' })
  })

  it('leaves the answer to who waits for it, when it is sent once more', async () => {
    const { uploads, screened } = openUploads()
    const sendAll = async () => {
      const { uploadId, parts } = await uploads.grant(large)
      for (const { number } of parts!) await uploads.receivePart(uploadId, number, partOf(number))
      await uploads.complete(uploadId)
      await uploads.settle()
      return uploadId
    }
    const uploadId = await sendAll()
    expect(numbersOf(await uploads.grant(large))).toEqual([1, 2, 3])
    expect(await uploads.find(uploadId)).toMatchObject({ state: 'done' })
    await sendAll()
    expect(screened).toHaveLength(2)
  })

  it('is refused, and forgotten, where it is not what was announced', async () => {
    const { uploads, screened } = openUploads()
    const { uploadId } = await uploads.grant(large)
    for (const number of [1, 2, 3])
      await uploads.receivePart(
        uploadId,
        number,
        partOf(
          number,
          file.map((byte) => byte ^ 1),
        ),
      )
    await expect(uploads.complete(uploadId)).rejects.toMatchObject({ status: 409, code: 'wrong-digest' })
    expect([screened, await readdir(root), await unfinishedFiles()]).toEqual([[], ['.unfinished'], []])
    expect(numbersOf(await uploads.grant(large))).toEqual([1, 2, 3])
  })

  it('is none where the file goes whole: there is nothing to put together', async () => {
    const { uploads } = openUploads()
    const { uploadId } = await uploads.grant({ name: 'small.dcm', sizeBytes: 1 })
    await expect(uploads.complete(uploadId)).rejects.toMatchObject({ status: 409 })
  })

  it('is forgotten when it is cancelled; who sends it too begins anew', async () => {
    const { uploads } = openUploads()
    const { uploadId } = await uploads.grant(large)
    await uploads.receivePart(uploadId, 1, partOf(1))
    await uploads.cancel(uploadId)
    expect(await unfinishedFiles()).toEqual([])
    await expect(uploads.receivePart(uploadId, 2, partOf(2))).rejects.toMatchObject({ status: 404 })
    await expect(uploads.complete(uploadId)).rejects.toMatchObject({ status: 404 })
    await expect(uploads.cancel(uploadId)).rejects.toMatchObject({ status: 404 })
    expect(numbersOf(await uploads.grant(large))).toEqual([1, 2, 3])
  })

  it('is told apart from another size of the same digest, by whom it was announced wrongly', async () => {
    const { uploads } = openUploads()
    const wrong = await uploads.grant({ ...large, sizeBytes: 7 })
    const right = await uploads.grant(large)
    expect(wrong.uploadId).not.toBe(right.uploadId)
    expect(numbersOf(right)).toEqual([1, 2, 3])
  })

  it('of an earlier program that was kept and not screened is followed by its sender', async () => {
    const { uploads, folder } = openUploads()
    const { uploadId } = await uploads.grant(large)
    await folder.keep(uploadId, large, bytes(file))
    const next = openUploads()
    next.uploads.screenLeftOver(await next.folder.list())
    await next.uploads.settle()
    expect(await next.uploads.find(uploadId)).toMatchObject({ state: 'done' })
  })
})

describe('the disk', () => {
  it('is refused with a remedy where it is full, before and while it fills', async () => {
    const refused = { status: 507, code: 'disk-full', message: /disk .* is full\. Make room/ }
    const matching = expect.objectContaining({ ...refused, message: expect.stringMatching(refused.message) })
    const crowded = openUploads({ freeBytes: async () => 2 * file.length + 1000 })
    await expect(crowded.uploads.grant(large)).rejects.toEqual(matching)
    expect(await unfinishedFiles()).toEqual([])

    const full = () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }))
    const { uploads } = openUploads({ keep: full })
    const { uploadId } = await uploads.grant(large)
    async function* noRoom(): AsyncIterable<Uint8Array> {
      yield new Uint8Array(1)
      await full()
    }
    await expect(uploads.receivePart(uploadId, 1, noRoom())).rejects.toEqual(matching)
    for (const number of [1, 2, 3]) await uploads.receivePart(uploadId, number, partOf(number))
    await expect(uploads.complete(uploadId)).rejects.toEqual(matching)
    expect(numbersOf(await uploads.grant(large))).toEqual([])
    const whole = await uploads.grant({ name: 'a', sizeBytes: 1 })
    await expect(uploads.receive(whole.uploadId, bytes(new Uint8Array(1)))).rejects.toEqual(matching)
  })

  it('holds so much of unfinished uploads and no more', async () => {
    const { uploads } = openUploads()
    const announce = (number: number, sizeBytes: number) =>
      uploads.grant({ name: 'a', sizeBytes, sha256: sha256Hex(String(number)) })
    await announce(1, 10 * 2 ** 30)
    await announce(2, 6 * 2 ** 30)
    await expect(announce(3, 1)).rejects.toMatchObject({
      status: 507,
      message: expect.stringMatching(/Finish or cancel/),
    })
    // What was begun goes on.
    expect((await announce(2, 6 * 2 ** 30)).state).toBe('granted')
  })

  it('is freed of what nobody has gone on with for a day', async () => {
    const { uploads, unfinished } = openUploads()
    const [old, young, asked] = await Promise.all(
      ['old', 'young', 'asked for again'].map((name) => uploads.grant({ name, sizeBytes: 1, sha256: sha256Hex(name) })),
    )
    const age = (uploadId: string, hours: number) => {
      const then = new Date(Date.now() - hours * hourMs)
      return utimes(join(root, '.unfinished', uploadId), then, then)
    }
    await Promise.all([age(old.uploadId, 25), age(young.uploadId, 23), age(asked.uploadId, 25)])
    await uploads.grant({ name: 'asked for again', sizeBytes: 1, sha256: sha256Hex('asked for again') })
    await unfinished.removeForgotten()
    expect((await readdir(join(root, '.unfinished'))).sort()).toEqual([young.uploadId, asked.uploadId].sort())
  })

  it('is freed at the start of halves and of what belongs to nothing; what has come stays', async () => {
    const { uploads, unfinished } = openUploads()
    const { uploadId } = await uploads.grant(large)
    await uploads.receivePart(uploadId, 3, partOf(3))
    await writeFile(join(root, '.unfinished', uploadId, '1.x.draft'), 'half')
    await mkdir(join(root, '.unfinished', 'nothing'))
    await unfinished.removeDrafts()
    expect((await unfinishedFiles()).sort()).toEqual([uploadId, join(uploadId, '3'), join(uploadId, 'upload.json')])
  })

  it('may hold what somebody else has written: it is no upload, and stands in the way of none', async () => {
    const { uploads } = openUploads()
    const { uploadId } = await uploads.grant(large)
    await writeFile(join(root, '.unfinished', uploadId, 'upload.json'), '{"name":')
    await expect(uploads.receivePart(uploadId, 1, partOf(1))).rejects.toMatchObject({ status: 404 })
    expect(numbersOf(await uploads.grant(large))).toEqual([1, 2, 3])
    await uploads.receivePart(uploadId, 1, partOf(1))
  })
})
