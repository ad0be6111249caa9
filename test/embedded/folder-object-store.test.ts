import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FolderObjectStore } from '../../lib/adapters/embedded/folder-object-store.ts'
import { itKeepsTheObjectStoreContract } from '../contracts/object-store-contract.ts'

const emptyFolder = () => mkdtemp(join(tmpdir(), 'pleura-store-'))

describe('a folder as an object store', () => {
  itKeepsTheObjectStoreContract(async () => new FolderObjectStore(await emptyFolder()))

  it.each([
    '../out',
    'a/../../b',
    '/absolute',
    'a//b',
    '',
    'a/./b',
    '.hidden',
    'a\u0000b',
    'a\\b',
    `${'x'.repeat(300)}`,
  ])('refuses key %j, which would leave the folder or is no file name', async (key) => {
    const store = new FolderObjectStore(await emptyFolder())
    await expect(async () => store.put(key, new Uint8Array())).rejects.toBeInstanceOf(RangeError)
  })

  it('leaves no draft behind', async () => {
    const folder = await emptyFolder()
    const store = new FolderObjectStore(folder)
    await store.put('k', new Uint8Array(3))
    await store.put('k', new Uint8Array(3), { ifAbsent: true })
    expect(await readdir(folder)).toEqual(['k'])
  })
})
