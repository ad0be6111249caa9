import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FolderObjectStore } from '../../lib/adapters/embedded/folder-object-store.ts'
import { uploadInbox } from '../../lib/embedded/upload-inbox.ts'
import { TransientError } from '../../lib/screening/kernel/errors.ts'
import type { ObjectStore } from '../../lib/screening/kernel/ports.ts'

let inbox: string
let store: FolderObjectStore
beforeEach(async () => {
  inbox = await mkdtemp(join(tmpdir(), 'pleura-upload-'))
  store = new FolderObjectStore(await mkdtemp(join(tmpdir(), 'pleura-store-')))
})

const idOf = (number: number): string => number.toString(16).padStart(32, '0')
const keyOf = (imageId: string): string => `uploads/north/${imageId}.dcm`
const fill = async (count: number): Promise<void> => {
  for (let file = 0; file < count; file++) await writeFile(join(inbox, `${idOf(file)}.dcm`), `image ${file}`)
}

/** Runs until the inbox is empty, or `until` says so. */
async function upload(into: ObjectStore, until = async () => (await readdir(inbox)).length === 0) {
  const stop = new AbortController()
  const uploaded: string[] = []
  const logged: [string, string, unknown][] = []
  const running = uploadInbox(inbox, into, {
    concurrency: 2,
    intervalMs: 1,
    signal: stop.signal,
    keyOf,
    log: (level, event, fields) => logged.push([level, event, fields?.cause ?? fields?.duplicate]),
    onUploaded: ({ key }) => uploaded.push(key),
  })
  await vi.waitFor(async () => expect(await until()).toBe(true), { timeout: 20_000 })
  stop.abort()
  await running
  return { uploaded, logged }
}

/** A store whose puts fail first as told. */
const failing = (failures: (key: string) => Error | null): ObjectStore =>
  Object.assign(Object.create(store), {
    async put(key: string, body: Uint8Array, options: object) {
      const failure = failures(key)
      if (failure) throw failure
      return store.put(key, body, options)
    },
  })

describe('uploadInbox', () => {
  it('puts every file into the store and removes it', async () => {
    await fill(5)
    const { uploaded } = await upload(store)
    expect(uploaded.sort()).toEqual([0, 1, 2, 3, 4].map((file) => keyOf(idOf(file))))
    expect(Buffer.from(await store.get(keyOf(idOf(3)))).toString()).toBe('image 3')
  })

  it('removes what is in the store already, as after a kill between the two steps', async () => {
    await fill(1)
    await store.put(keyOf(idOf(0)), Buffer.from('image 0'))
    const { logged } = await upload(store)
    expect(logged).toEqual([['info', 'uploaded', true]])
  })

  it('leaves alone what is no image', async () => {
    await fill(1)
    await writeFile(join(inbox, 'notes.txt'), 'mine')
    await upload(store, async () => (await readdir(inbox)).length === 1)
    expect(await readdir(inbox)).toEqual(['notes.txt'])
  })

  it('loses nothing while the store is out of reach', async () => {
    await fill(4)
    let left = 6
    const { uploaded, logged } = await upload(
      failing(() =>
        left-- > 0
          ? new TransientError('no network', { cause: Object.assign(new Error(), { code: 'ENETUNREACH' }) })
          : null,
      ),
    )
    expect(uploaded).toHaveLength(4)
    expect(logged.filter(([level]) => level === 'warn').every(([, , cause]) => cause === 'ENETUNREACH')).toBe(true)
  })

  it('never gives up what is refused, and holds nothing else up for it', async () => {
    await fill(4)
    const denied = Object.assign(new Error('denied'), { name: 'AccessDenied' })
    const { uploaded, logged } = await upload(
      failing((key) => (key === keyOf(idOf(0)) ? denied : null)),
      async () => (await readdir(inbox)).length === 1,
    )
    expect(uploaded).toHaveLength(3)
    expect(await readdir(inbox)).toEqual([`${idOf(0)}.dcm`])
    expect(logged).toContainEqual(['error', 'upload-failed', 'AccessDenied'])
    expect((await upload(store)).uploaded).toEqual([keyOf(idOf(0))])
  })
})
