import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import type { Upload } from '../../lib/console/contract/upload.ts'
import { ProblemError } from '../../lib/console/page/request.ts'
import { digestOf } from '../../lib/console/page/upload/digest-of.ts'
import { followUpload, sendUpload, type Transport } from '../../lib/console/page/upload/send-upload.ts'

const uploadId = 'b2c8a3de-5f64-8a07-9b3c-1f2e3d4c5b6a'
const file = new Blob(['aaaabbbbcc'])
const partsOfFile = [
  { number: 1, firstByte: 0, sizeBytes: 4, href: '/1' },
  { number: 2, firstByte: 4, sizeBytes: 4, href: '/2' },
  { number: 3, firstByte: 8, sizeBytes: 2, href: '/3' },
]
const broken = () => new TypeError('the connection broke off')
const refused = (status: number, code?: string) =>
  new ProblemError({ type: 'about:blank', title: 'Refused', status, detail: 'why', ...(code && { code }) })

/** A server in memory that takes parts; `faults` are thrown in turn at the sending of a part, null for none. */
function openServer(faults: (Error | null)[] = [], { goesWhole = false } = {}) {
  const come = new Map<string, string>()
  const server = {
    state: 'granted' as Upload['state'],
    sent: [] as string[],
    waits: [] as number[],
    shares: [] as number[],
    come,
    abort: new AbortController(),
  }
  const upload = (parts: Upload['parts'] = null): Upload => ({
    uploadId,
    href: goesWhole ? '/whole' : '',
    parts,
    state: server.state,
    studyId: null,
    rejection: null,
  })
  const transport: Transport = {
    grant: async () => upload(goesWhole ? null : partsOfFile.filter(({ href }) => !come.has(href))),
    find: async () => upload(),
    put: async (href, body, onSent) => {
      const fault = faults.shift()
      if (fault) throw fault
      server.sent.push(href)
      onSent(body.size)
      come.set(href, await body.text())
      if (goesWhole) server.state = 'screening'
    },
    complete: async () => {
      if (come.size < 3) throw refused(409, 'parts-missing')
      server.state = 'screening'
      return upload()
    },
    retryIn: async (ms) => {
      server.waits.push(ms)
    },
  }
  const send = () => sendUpload(file, transport, (share) => server.shares.push(share), server.abort.signal)
  return Object.assign(server, { transport, send, upload })
}

it('sends each part once, with its own bytes, and has them put together', async () => {
  const server = openServer()
  expect(await server.send()).toMatchObject({ state: 'screening' })
  expect([...server.come]).toEqual([
    ['/1', 'aaaa'],
    ['/2', 'bbbb'],
    ['/3', 'cc'],
  ])
  expect(server.shares).toEqual([0, 0.4, 0.8, 1])
  expect(server.waits).toEqual([])
})

it('goes on where it broke off, after longer and longer waits, and never sends again what has come', async () => {
  const server = openServer([null, broken(), broken(), refused(503), null, refused(409, 'broken-off')])
  await server.send()
  expect(server.sent).toEqual(['/1', '/2', '/3'])
  expect(server.waits).toEqual([1000, 2000, 4000, 1000])
  expect(server.shares).toEqual([0, 0.4, 0.4, 0.4, 0.4, 0.8, 0.8, 1])
})

it('sends what is missing of a file that somebody has begun', async () => {
  const server = openServer()
  server.come.set('/2', 'bbbb')
  await server.send()
  expect(server.sent).toEqual(['/1', '/3'])
})

it('begins anew when what has come was cancelled by another browser', async () => {
  const server = openServer([null])
  const { find, put } = server.transport
  let isCancelled = false
  server.transport.put = async (href, ...rest) => {
    if (href === '/2' && !isCancelled) {
      isCancelled = true
      server.come.clear()
      throw refused(404)
    }
    await put(href, ...rest)
  }
  server.transport.find = () => (server.come.size === 0 ? Promise.reject(refused(404)) : find(uploadId))
  await server.send()
  expect(server.sent).toEqual(['/1', '/1', '/2', '/3'])
})

it('sends no more once another browser has sent the rest', async () => {
  const server = openServer([null, broken()])
  const { retryIn } = server.transport
  server.transport.retryIn = async (ms) => {
    server.state = 'done'
    await retryIn(ms)
  }
  expect(await server.send()).toMatchObject({ state: 'done' })
  expect(server.sent).toEqual(['/1'])
})

it('sends a file whole where the server takes no parts, and learns that it came though the answer was lost', async () => {
  const server = openServer([], { goesWhole: true })
  const { put } = server.transport
  server.transport.put = async (...sent) => {
    await put(...sent)
    throw broken()
  }
  expect(await server.send()).toMatchObject({ state: 'screening' })
  expect([...server.come]).toEqual([['/whole', 'aaaabbbbcc']])
})

it.each([
  ['the disk is full', refused(507, 'disk-full')],
  ['it is too large', refused(413)],
  ['the whole is not what was announced', refused(409, 'wrong-digest')],
  ['the file cannot be read', new DOMException('gone', 'NotReadableError')],
])('gives up at once where %s', async (_, error) => {
  const server = openServer([error])
  await expect(server.send()).rejects.toBe(error)
  expect(server.waits).toEqual([])
})

it('gives up after four minutes without a server', async () => {
  const server = openServer(Array.from({ length: 50 }, broken))
  await expect(server.send()).rejects.toThrow('the connection broke off')
  expect(server.waits.reduce((sum, ms) => sum + ms)).toBe(241_000)
})

it('ends with the reason of its cancellation, be it sending or waiting', async () => {
  const cancelled = new Error('cancelled')
  const sending = openServer()
  sending.transport.put = async () => {
    sending.abort.abort(cancelled)
    throw broken()
  }
  await expect(sending.send()).rejects.toBe(cancelled)
  const waiting = openServer([broken()])
  waiting.transport.retryIn = async () => waiting.abort.abort(cancelled)
  await expect(waiting.send()).rejects.toBe(cancelled)
  expect(waiting.sent).toEqual([])
})

it('follows what was taken until it is screened, over a server that starts again', async () => {
  const server = openServer()
  const { upload } = server
  const answers = [
    () => upload(),
    () => Promise.reject(broken()),
    () => Promise.reject(refused(404)),
    () => upload(),
    () => ({ ...upload(), state: 'done' as const }),
  ]
  server.transport.find = async () => answers.shift()!()
  server.state = 'screening'
  expect(await followUpload(upload(), server.transport, async () => {})).toMatchObject({ state: 'done' })
  expect(server.waits).toEqual([1000, 2000])
})

it.each([0, 1, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 3 * 2 ** 20 + 77])('digests a file of %i bytes', async (size) => {
  const bytes = new Uint8Array(size).map((_, index) => (index * 31) % 253)
  const digest = await digestOf(new Blob([bytes]), new AbortController().signal)
  expect(digest).toBe(createHash('sha256').update(bytes).digest('hex'))
})
