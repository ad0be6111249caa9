import { expect, it } from 'vitest'
import { FolderUploads } from '../../../lib/embedded/console/folder-uploads.ts'

const neverFinished = { keep: () => new Promise<never>(() => {}) }
async function* noBytes(): AsyncIterable<Uint8Array> {}

it('refuses another upload while a thousand are under way, and forgets those that never began', async () => {
  const uploads = new FolderUploads(neverFinished, {
    maximumBytes: 10,
    screen: () => Promise.reject(new Error('nothing is screened here')),
    findEndlessWriter: async () => null,
    onFailure: () => {},
  })
  const first = await uploads.grant({ name: 'first', sizeBytes: 1 })
  for (let number = 0; number < 1000; number++) {
    const { uploadId } = await uploads.grant({ name: 'a', sizeBytes: 1 })
    uploads.receive(uploadId, noBytes())
  }
  expect(await uploads.find(first.uploadId)).toBeNull()
  await expect(uploads.grant({ name: 'one more', sizeBytes: 1 })).rejects.toThrow(/Too many/)
})

it.each([
  ['watch', /`pleura watch` writes to this folder and goes on/],
  ['listen', /`pleura listen` writes/],
])('refuses an upload that would wait for ever for %s', async (writer, words) => {
  const uploads = new FolderUploads(neverFinished, {
    maximumBytes: 10,
    screen: async () => null,
    findEndlessWriter: async () => writer,
    onFailure: () => {},
  })
  await expect(uploads.grant({ name: 'a', sizeBytes: 1 })).rejects.toThrow(words)
})
