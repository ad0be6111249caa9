import { once } from 'node:events'
import { mkdir, mkdtemp, open as openFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { type ArrivingFile, ObjectTooLargeError } from '../../lib/adapters/embedded/arriving-file.ts'
import { Inbox, NoRoomError } from '../../lib/adapters/embedded/inbox.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pleura-inbox-'))
})
const open = (changes = {}) => Inbox.open(root, { maximumObjectBytes: 1000, keepFreeBytes: 0, ...changes })
const drafts = () => readdir(join(root, '.receiving'))

describe('Inbox', () => {
  it('holds a file only once it is whole, named by the digest of its bytes', async () => {
    const inbox = await open()
    const file = inbox.receive()
    file.write(Buffer.from('one '))
    file.write(Buffer.from('two'))
    expect(await readdir(inbox.folder)).toEqual([])
    const imageId = imageIdOf(Buffer.from('one two'))
    expect(await file.keep()).toEqual({ imageId, sizeBytes: 7, duplicate: false })
    expect(await readFile(join(inbox.folder, `${imageId}.dcm`), 'utf8')).toBe('one two')
    expect(await drafts()).toEqual([])
  })

  it('keeps the same bytes once, also when they arrive at the same time', async () => {
    const inbox = await open()
    const files = Array.from({ length: 8 }, () => inbox.receive())
    for (const file of files) file.write(Buffer.from('same'))
    const kept = await Promise.all(files.map((file) => file.keep()))
    expect(kept.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
    expect(await readdir(inbox.folder)).toHaveLength(1)
  })

  it('removes what a killed predecessor left half-way, and nothing else', async () => {
    await mkdir(join(root, '.receiving'))
    await writeFile(join(root, '.receiving/half'), 'ha')
    await mkdir(join(root, 'received'))
    await writeFile(join(root, 'received/whole.dcm'), 'whole')
    await open()
    expect(await drafts()).toEqual([])
    expect(await readdir(join(root, 'received'))).toEqual(['whole.dcm'])
  })

  it('does not count our own head against the sender', async () => {
    const inbox = await open()
    const fits = inbox.receive(100)
    fits.write(Buffer.alloc(1100))
    expect((await fits.keep()).sizeBytes).toBe(1100)
    const exceeds = inbox.receive(100)
    exceeds.write(Buffer.alloc(1101))
    await expect(exceeds.keep()).rejects.toThrow(ObjectTooLargeError)
    expect(await drafts()).toEqual([])
  })

  it('keeps nothing of what could not be flushed while it arrived, though the last flush succeeds', async () => {
    const inbox = await open({ maximumObjectBytes: 64 * 1024 * 1024 })
    const probe = await openFile(join(root, 'probe'), 'w')
    const flush = vi.spyOn(Object.getPrototypeOf(probe), 'datasync')
    flush.mockRejectedValueOnce(Object.assign(new Error('lost'), { code: 'EIO' }))
    const file = inbox.receive()
    for (let piece = 0; piece < 12; piece++) {
      if (!file.write(Buffer.alloc(1024 * 1024, piece))) await once(file, 'drain')
    }
    await expect(file.keep()).rejects.toThrow('lost')
    expect(flush).toHaveBeenCalledTimes(1)
    expect(await drafts()).toEqual([])
    expect(await readdir(inbox.folder)).toEqual([])
    flush.mockRestore()
    await probe.close()
  })

  it('takes nothing while the disk has less room than is to stay free', async () => {
    const inbox = await open({ keepFreeBytes: Number.MAX_SAFE_INTEGER })
    const file = inbox.receive()
    file.write(Buffer.alloc(10))
    await expect(file.keep()).rejects.toThrow(NoRoomError)
    expect(await readdir(inbox.folder)).toEqual([])
  })

  it('keeps nothing, and says why, when the disk fails', async () => {
    const inbox = await open()
    const file = inbox.receive()
    await rm(join(root, '.receiving'), { recursive: true })
    file.write(Buffer.alloc(10))
    await expect(file.keep()).rejects.toMatchObject({ code: 'ENOENT' })
    const other = await open().then((again) => again.receive())
    other.write(Buffer.alloc(10))
    await rm(inbox.folder, { recursive: true })
    await expect(other.keep()).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await drafts()).toEqual([])
  })

  it.each([
    ['before', (file: ArrivingFile) => file.destroy(), () => {}],
    ['while', () => {}, (file: ArrivingFile) => file.destroy()],
  ])('keeps nothing of what was broken off %s it was to be kept', async (_, before, meanwhile) => {
    const inbox = await open()
    const file = inbox.receive()
    file.write(Buffer.alloc(10))
    before(file)
    const kept = file.keep()
    meanwhile(file)
    await expect(kept).rejects.toThrow('the object was broken off')
    await vi.waitFor(async () => expect(await drafts()).toEqual([]))
    expect(await readdir(inbox.folder)).toEqual([])
  })
})
