import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { BlockList } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { listenForStow, type StowListenerOptions } from '../../lib/adapters/dicomweb/listen-for-stow.ts'
import { Inbox } from '../../lib/adapters/embedded/inbox.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { buildDicom } from '../radiograph/build-dicom.ts'

const study = '1.2.3'
const objectOf = (instance: string, more: Parameters<typeof buildDicom>[0] = {}): Buffer =>
  Buffer.from(
    buildDicom({
      ...more,
      elements: [[0x0008, 0x0018, 'UI', instance], [0x0020, 0x000d, 'UI', study], ...(more.elements ?? [])],
    }),
  )
const computedTomography = [0x0008, 0x0016, 'UI', '1.2.840.10008.5.1.4.1.1.2'] as const

const multipartType = 'multipart/related; type="application/dicom"; boundary=B'
const multipart = (...objects: readonly Buffer[]): Buffer =>
  Buffer.concat([
    ...objects.flatMap((object) => [
      Buffer.from('--B\r\nContent-Type: application/dicom\r\n\r\n'),
      object,
      Buffer.from('\r\n'),
    ]),
    Buffer.from('--B--\r\n'),
  ])

interface Opened {
  readonly port: number
  readonly folder: string
  readonly trouble: string[]
  readonly root: string
  readonly stop: () => Promise<void>
}
const opened: Opened[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ stop }) => stop()))
})

async function open(
  changes: Partial<StowListenerOptions> & { maximumObjectBytes?: number; keepFreeBytes?: number } = {},
): Promise<Opened> {
  const root = await mkdtemp(join(tmpdir(), 'pleura-stow-'))
  const { maximumObjectBytes = 2 ** 24, keepFreeBytes = 0 } = changes
  const inbox = await Inbox.open(root, { maximumObjectBytes, keepFreeBytes })
  const trouble: string[] = []
  const { port, stop } = await listenForStow({
    host: '127.0.0.1',
    port: 0,
    peers: null,
    tls: null,
    maximumAssociations: 4,
    idleMs: 10_000,
    inbox,
    onKept() {},
    onNotKept() {},
    onTrouble: (reason) => trouble.push(reason),
    ...changes,
  })
  const listener = { port, folder: inbox.folder, trouble, root, stop }
  opened.push(listener)
  return listener
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

const post = (
  { port }: Opened,
  body: Buffer,
  { path = '/studies', type = multipartType, method = 'POST', headers = {} } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(
      { port, path, method, host: '127.0.0.1', agent: false, headers: { 'content-type': type, ...headers } },
      async (response) => {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk)
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })

/** [instance, reason] of every item; the reason is null where it was stored. */
function outcomesIn({ body }: Answer): [string | null, number | null][] {
  const answer = JSON.parse(body)
  const items = ['00081199', '00081198', '0008119A'].flatMap((tag) => answer[tag]?.Value ?? [])
  return items.map((item) => [item['00081155']?.Value[0] ?? null, item['00081197']?.Value[0] ?? null])
}

describe('listenForStow', () => {
  it('keeps every object as it was sent, and says so', async () => {
    const listener = await open()
    const objects = [objectOf('1.1'), objectOf('1.2')]
    const answer = await post(listener, multipart(...objects))
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/dicom+json')
    expect(outcomesIn(answer)).toEqual([
      ['1.1', null],
      ['1.2', null],
    ])
    const names = objects.map((object) => `${imageIdOf(object)}.dcm`)
    expect((await readdir(listener.folder)).sort()).toEqual(names.sort())
    for (const object of objects) {
      expect((await readFile(join(listener.folder, `${imageIdOf(object)}.dcm`))).equals(object)).toBe(true)
    }
    expect((await post(listener, multipart(...objects))).status).toBe(200)
    expect(await readdir(listener.folder)).toHaveLength(2)
  })

  it('takes a single object as the body', async () => {
    const listener = await open()
    const answer = await post(listener, objectOf('1.1'), { type: 'application/dicom' })
    expect([answer.status, outcomesIn(answer)]).toEqual([200, [['1.1', null]]])
  })

  it.each<[string, Buffer[], string, number, [string | null, number | null][]]>([
    [
      'one of another SOP class beside a radiograph',
      [objectOf('1.1'), objectOf('1.2', { elements: [computedTomography] })],
      '/studies',
      202,
      [
        ['1.1', null],
        ['1.2', 0x0122],
      ],
    ],
    [
      'only one of another SOP class',
      [objectOf('1.2', { elements: [computedTomography] })],
      '/studies',
      409,
      [['1.2', 0x0122]],
    ],
    [
      'what is no object',
      [Buffer.from('hello'), objectOf('1.1')],
      '/studies',
      202,
      [
        ['1.1', null],
        [null, 0xc000],
      ],
    ],
    ['an object of the study asked for', [objectOf('1.1')], `/studies/${study}`, 200, [['1.1', null]]],
    ['an object of another study', [objectOf('1.1')], '/studies/9.9', 409, [['1.1', 0xa900]]],
    [
      'a transfer syntax that is not decoded',
      [objectOf('1.1', { transferSyntax: '1.2.840.10008.1.2.4.100', pixels: null, fragments: [new Uint8Array(8)] })],
      '/studies',
      409,
      [['1.1', 0xc122]],
    ],
  ])('answers %s', async (_, objects, path, status, outcomes) => {
    const listener = await open()
    const answer = await post(listener, multipart(...objects), { path })
    expect([answer.status, outcomesIn(answer)]).toEqual([status, outcomes])
    expect(await readdir(listener.folder)).toHaveLength(outcomes.filter(([, reason]) => reason === null).length)
  })

  it('refuses one that is too large and takes the next', async () => {
    const listener = await open({ maximumObjectBytes: 40_000 })
    const answer = await post(listener, multipart(objectOf('1.1', { pixels: new Uint8Array(50_000) }), objectOf('1.2')))
    expect([answer.status, outcomesIn(answer)]).toEqual([
      202,
      [
        ['1.2', null],
        ['1.1', 0xc000],
      ],
    ])
  })

  it('asks to come again when the disk is full', async () => {
    const listener = await open({ keepFreeBytes: Number.MAX_SAFE_INTEGER })
    expect((await post(listener, multipart(objectOf('1.1')))).status).toBe(503)
    expect(await readdir(listener.folder)).toEqual([])
  })

  it.each([
    ['another path', { path: '/instances' }, 404],
    ['another method', { method: 'PUT' }, 405],
    ['another type', { type: 'application/json' }, 415],
    ['a multipart of another type', { type: 'multipart/related; type="application/dicom+json"; boundary=B' }, 415],
    ['a compressed body', { headers: { 'content-encoding': 'gzip' } }, 415],
    ['a multipart without a boundary', { type: 'multipart/related; type="application/dicom"' }, 400],
    ['an answer in XML', { headers: { accept: 'application/dicom+xml' } }, 406],
  ])('refuses %s', async (_, how, status) => {
    const listener = await open()
    expect((await post(listener, multipart(objectOf('1.1')), how)).status).toBe(status)
    expect(await readdir(listener.folder)).toEqual([])
  })

  it.each([
    ['no part', Buffer.from('--B--\r\n')],
    ['no boundary', Buffer.from('hello')],
    ['no closing boundary', multipart(objectOf('1.1')).subarray(0, -8)],
  ])('refuses a body with %s, and keeps nothing of a part that was cut off', async (_, body) => {
    const listener = await open()
    expect((await post(listener, body)).status).toBe(400)
    expect(await readdir(listener.folder)).toEqual([])
    await vi.waitFor(async () => expect(await readdir(join(listener.root, '.receiving'))).toEqual([]))
  })

  it('keeps nothing of an object whose sender is gone half-way', async () => {
    const listener = await open()
    const sent = request({
      port: listener.port,
      path: '/studies',
      method: 'POST',
      host: '127.0.0.1',
      headers: { 'content-type': multipartType },
    })
    sent.on('error', () => {})
    sent.write(multipart(objectOf('1.1')).subarray(0, 20_000))
    const drafts = () => readdir(join(listener.root, '.receiving'))
    await vi.waitFor(async () => expect(await drafts()).toHaveLength(1))
    sent.destroy()
    await vi.waitFor(async () => expect(await drafts()).toEqual([]))
    expect(await readdir(listener.folder)).toEqual([])
  })

  it('finishes the request under way when it is stopped', async () => {
    const listener = await open()
    const body = multipart(objectOf('1.1'))
    const answered = new Promise<number>((resolve) => {
      const sent = request(
        {
          port: listener.port,
          path: '/studies',
          method: 'POST',
          host: '127.0.0.1',
          headers: { 'content-type': multipartType },
        },
        (response) => {
          response.resume()
          resolve(response.statusCode!)
        },
      )
      sent.write(body.subarray(0, 20_000))
      vi.waitFor(async () => expect(await readdir(join(listener.root, '.receiving'))).toHaveLength(1)).then(() => {
        listener.stop()
        sent.end(body.subarray(20_000))
      })
    })
    expect(await answered).toBe(200)
    await listener.stop()
    await expect(post(listener, body)).rejects.toThrow()
  })

  it('lets no peer in from another address', async () => {
    const peers = new BlockList()
    peers.addAddress('10.1.2.3')
    const listener = await open({ peers })
    await expect(post(listener, multipart(objectOf('1.1')))).rejects.toThrow()
    expect(listener.trouble).toContain('peer-not-allowed')
  })
})
