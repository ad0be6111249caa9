import { expect, it } from 'vitest'
import { ObjectNotFoundError, type ObjectStore } from '../../lib/screening/kernel/ports.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (body: Uint8Array): string => new TextDecoder().decode(body)

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of store.list(prefix)) keys.push(key)
  return keys
}

/** What every ObjectStore keeps, whatever it stands on. `create` gives an empty store. */
export function itKeepsTheObjectStoreContract(create: () => Promise<ObjectStore>): void {
  it('gives back what was put', async () => {
    const store = await create()
    await store.put('a/b.json', bytes('one'))
    expect(text(await store.get('a/b.json'))).toBe('one')
    expect(await store.exists('a/b.json')).toBe(true)
  })

  it('says so when no object has the key', async () => {
    const store = await create()
    await expect(store.get('a/none')).rejects.toBeInstanceOf(ObjectNotFoundError)
    expect(await store.exists('a/none')).toBe(false)
    await expect(store.delete('a/none')).resolves.toBeUndefined()
  })

  it('replaces an object, unless told to write only when absent', async () => {
    const store = await create()
    expect(await store.put('k', bytes('one'))).toBe(true)
    expect(await store.put('k', bytes('two'))).toBe(true)
    expect(await store.put('k', bytes('three'), { ifAbsent: true })).toBe(false)
    expect(text(await store.get('k'))).toBe('two')
  })

  it('lets exactly one of many conditional writers win', async () => {
    const store = await create()
    const won = await Promise.all(
      Array.from({ length: 8 }, (_, writer) => store.put('race', bytes(String(writer)), { ifAbsent: true })),
    )
    expect(won.filter(Boolean)).toHaveLength(1)
    expect(text(await store.get('race'))).toBe(String(won.indexOf(true)))
  })

  it('lists keys under a prefix in byte order, the prefix being no folder', async () => {
    const store = await create()
    for (const key of ['p/b', 'p/a/z', 'p/ä', 'pq', 'q/a']) await store.put(key, bytes(key))
    expect(await keysOf(store, 'p/')).toEqual(['p/a/z', 'p/b', 'p/ä'])
    expect(await keysOf(store, 'p')).toEqual(['p/a/z', 'p/b', 'p/ä', 'pq'])
    expect(await keysOf(store, 'none/')).toEqual([])
  })

  it('holds keys with spaces, plus signs, percent signs and unicode', async () => {
    const store = await create()
    for (const key of ['a b/c+d.dcm', 'a%20b', 'Röntgen/胸部.dcm', `long/${'x'.repeat(200)}`]) {
      await store.put(key, bytes(key))
      expect(text(await store.get(key))).toBe(key)
    }
  })

  it('forgets a deleted object', async () => {
    const store = await create()
    await store.put('k', bytes('one'))
    await store.delete('k')
    expect(await store.exists('k')).toBe(false)
  })
}
