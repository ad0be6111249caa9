import { createCipheriv } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { BlockList } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { buildPartTenHead } from '../../lib/adapters/dicom-network/part-ten-head.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { megabyte, type OpenedListener, openListener } from './open-listener.ts'
import {
  associateRequest,
  computedRadiography,
  echoCommand,
  explicitLittle,
  findCommand,
  fragment,
  Peer,
  pdu,
  radiographs,
  releaseRequest,
  statusIn,
  storeCommand,
  verification,
} from './pdus.ts'

const outOfResources = 0xa700
const command = { isCommand: true, isLast: true }
const lastData = { isCommand: false, isLast: true }
const moreData = { isCommand: false, isLast: false }

const opened: OpenedListener[] = []
async function open(...args: Parameters<typeof openListener>): Promise<OpenedListener> {
  const listener = await openListener(...args)
  opened.push(listener)
  return listener
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((listener) => listener.stop()))
})

/** Bytes that look like nothing in particular, the same every time. */
const bytesOf = (length: number, seed = 1): Buffer =>
  createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(length))

describe('listenForDicom', () => {
  it.each([0, 1, 4095, 100_000, 5 * megabyte + 3])('keeps a data set of %i bytes as it was sent', async (length) => {
    const listener = await open()
    const peer = await Peer.associate(listener.port)
    const dataSet = bytesOf(length)
    if (length === 0) {
      peer.send(fragment(1, storeCommand(), command), fragment(1, dataSet, lastData))
      expect(statusIn((await peer.next())!)).toBe(0)
    } else expect(await peer.store(dataSet)).toBe(0)
    const [name] = await listener.files()
    const file = await readFile(join(listener.folder, name))
    const head = buildPartTenHead({
      sopClassUid: computedRadiography,
      sopInstanceUid: '1.2.3.4.5',
      transferSyntaxUid: explicitLittle,
    })
    expect(file.subarray(head.length).equals(dataSet)).toBe(true)
    expect(file.subarray(0, head.length).equals(head)).toBe(true)
    expect(name).toBe(`${imageIdOf(file)}.dcm`)
    expect(listener.kept).toEqual([{ imageId: imageIdOf(file), sizeBytes: file.length, duplicate: false }])
    expect(await listener.drafts()).toEqual([])
  })

  it('keeps the order of fragments that share a PDU with the command, however they are cut', async () => {
    const listener = await open()
    const peer = await Peer.associate(listener.port)
    const dataSet = bytesOf(90_000)
    const parts = [dataSet.subarray(0, 40_000), dataSet.subarray(40_000, 40_001), dataSet.subarray(40_001, 80_000)]
    const bodies = [
      fragment(1, storeCommand(), command),
      ...parts.map((part) => fragment(1, part, moreData)),
      fragment(1, Buffer.alloc(0), moreData),
    ].map((whole) => whole.subarray(6))
    peer.send(pdu(0x04, Buffer.concat(bodies)), fragment(1, dataSet.subarray(80_000), lastData))
    expect(statusIn((await peer.next())!)).toBe(0)
    const [name] = await listener.files()
    expect((await readFile(join(listener.folder, name))).subarray(-90_000).equals(dataSet)).toBe(true)
  })

  it('keeps what is sent twice once, and acknowledges it twice', async () => {
    const listener = await open()
    const peer = await Peer.associate(listener.port)
    expect([await peer.store(bytesOf(1000)), await peer.store(bytesOf(1000))]).toEqual([0, 0])
    expect(listener.kept.map(({ duplicate }) => duplicate)).toEqual([false, true])
    expect(await listener.files()).toHaveLength(1)
  })

  it('answers C-ECHO, and releases', async () => {
    const listener = await open()
    const peer = await Peer.associate(listener.port, [{ ...radiographs, abstractSyntax: verification }])
    peer.send(fragment(1, echoCommand(), command))
    expect(statusIn((await peer.next())!)).toBe(0)
    peer.send(releaseRequest)
    expect(await peer.closed()).toEqual([0x06])
    expect(listener.trouble).toEqual([])
  })

  it.each([
    ['a SOP class that is not screened', '1.2.840.10008.5.1.4.1.1.2', [explicitLittle], 3],
    ['a transfer syntax that is not decoded', computedRadiography, ['1.2.840.10008.1.2.4.100'], 4],
    ['radiographs', computedRadiography, [explicitLittle], 0],
    ['C-ECHO', verification, ['1.2.840.10008.1.2'], 0],
  ])('answers %s with result %#', async (_, abstractSyntax, transferSyntaxes, result) => {
    const listener = await open()
    const peer = await Peer.connect(listener.port)
    peer.send(associateRequest([{ id: 3, abstractSyntax, transferSyntaxes }]))
    const accept = (await peer.next())!
    expect(accept[0]).toBe(0x02)
    const context = accept.indexOf(Buffer.of(0x21, 0x00), 74)
    expect([accept[context + 4], accept[context + 6]]).toEqual([3, result])
    peer.socket.destroy()
  })

  it.each([
    [['1.2.840.10008.1.2', explicitLittle], explicitLittle],
    [['1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.70', explicitLittle], '1.2.840.10008.1.2.4.70'],
    [['1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2'], '1.2.840.10008.1.2'],
    [['1.2.840.10008.1.2.4.100', '1.2.840.10008.1.2.4.50'], '1.2.840.10008.1.2.4.50'],
  ])('chooses of %j what loses least', async (transferSyntaxes, chosen) => {
    const listener = await open()
    const peer = await Peer.connect(listener.port)
    peer.send(associateRequest([{ ...radiographs, transferSyntaxes }]))
    const accept = (await peer.next())!.toString('latin1')
    expect(/[0-9.]+/.exec(accept.slice(accept.indexOf('\x40\x00', 80) + 4))![0]).toBe(chosen)
    peer.socket.destroy()
  })

  it.each([
    ['who calls another AE title', { called: 'OTHER' }, [1, 1, 7], 'refused-called-ae-title'],
    ['who is not among the callers', { calling: 'STRANGER' }, [1, 1, 3], 'refused-calling-ae-title'],
  ])('rejects one %s', async (_, titles, answer, trouble) => {
    const listener = await open({ callingAeTitles: ['TEST'] })
    const peer = await Peer.connect(listener.port)
    peer.send(associateRequest([radiographs], titles))
    expect([...(await peer.next())!.subarray(7, 10)]).toEqual(answer)
    expect(await peer.next()).toBeNull()
    expect(listener.trouble).toEqual([trouble])
  })

  it('rejects, for now, an association too many', async () => {
    const listener = await open({ maximumAssociations: 1 })
    const first = await Peer.associate(listener.port)
    const second = await Peer.connect(listener.port)
    second.send(associateRequest([radiographs]))
    expect([...(await second.next())!.subarray(7, 10)]).toEqual([2, 3, 2])
    first.send(releaseRequest)
    await first.closed()
    await vi.waitFor(async () => (await Peer.associate(listener.port)).socket.destroy())
  })

  it('lets no peer in from another address', async () => {
    const peers = new BlockList()
    peers.addSubnet('10.1.0.0', 16)
    const listener = await open({ peers })
    const peer = await Peer.connect(listener.port)
    peer.send(associateRequest([radiographs]))
    expect(await peer.next()).toBeNull()
    expect(listener.trouble).toContain('peer-not-allowed')
  })

  it.each([
    ['an object that is too large', { maximumObjectBytes: 50_000 }, {}, 0xc000],
    ['a full disk', { keepFreeBytes: Number.MAX_SAFE_INTEGER }, {}, outOfResources],
    ['another SOP class than that of its context', {}, { sopClassUid: '1.2.840.10008.5.1.4.1.1.7' }, 0xa900],
    ['a UID that is a path', {}, { sopInstanceUid: '../../etc/passwd' }, 0x0117],
    ['a UID of 66 characters', {}, { sopInstanceUid: '1.'.repeat(32).concat('11') }, 0x0117],
  ])('refuses %s, keeps nothing of it and takes the next', async (_, changes, request, status) => {
    const listener = await open(changes)
    const peer = await Peer.associate(listener.port)
    expect(await peer.store(bytesOf(60_000), request)).toBe(status)
    expect(await listener.files()).toEqual([])
    expect(await listener.drafts()).toEqual([])
    expect(listener.notKept).toHaveLength(1)
    if (status !== outOfResources) expect(await peer.store(bytesOf(1000))).toBe(0)
  })

  it('refuses a store request without a data set', async () => {
    const listener = await open()
    const peer = await Peer.associate(listener.port)
    peer.send(fragment(1, storeCommand({ hasDataSet: false }), command))
    expect(statusIn((await peer.next())!)).toBe(0xc000)
  })

  it.each([
    ['aborts', (peer: Peer) => peer.send(pdu(0x07, Buffer.alloc(4)))],
    ['is gone', (peer: Peer) => peer.socket.destroy()],
    ['hangs up', (peer: Peer) => peer.socket.end()],
  ])('keeps nothing of an object whose sender %s half-way', async (_, leave) => {
    const listener = await open()
    const peer = await Peer.associate(listener.port)
    peer.send(fragment(1, storeCommand(), command), fragment(1, bytesOf(100_000), moreData))
    await vi.waitFor(async () => expect(await listener.drafts()).toHaveLength(1))
    leave(peer)
    await vi.waitFor(async () => expect(await listener.drafts()).toEqual([]))
    expect(await listener.files()).toEqual([])
    expect(listener.kept).toEqual([])
  })

  it('lets a silent sender go, and keeps nothing of what it began', async () => {
    const listener = await open({ idleMs: 300 })
    const peer = await Peer.associate(listener.port)
    peer.send(fragment(1, storeCommand(), command), fragment(1, bytesOf(1000), moreData))
    expect(await peer.closed()).toEqual([0x07])
    expect(listener.trouble).toEqual(['idle'])
    await vi.waitFor(async () => expect(await listener.drafts()).toEqual([]))
  })

  it('finishes the object under way when it is stopped, and nothing after it', async () => {
    const listener = await open()
    const peer = await Peer.associate(listener.port)
    const idle = await Peer.associate(listener.port)
    peer.send(fragment(1, storeCommand(), command), fragment(1, bytesOf(100_000), moreData))
    await vi.waitFor(async () => expect(await listener.drafts()).toHaveLength(1))
    const stopped = listener.stop()
    expect(await idle.closed()).toEqual([0x07])
    await expect(Peer.connect(listener.port)).rejects.toThrow()
    peer.send(fragment(1, bytesOf(10), lastData))
    expect(statusIn((await peer.next())!)).toBe(0)
    expect(await peer.closed()).toEqual([0x07])
    await stopped
    expect(await listener.files()).toHaveLength(1)
  })

  it('says which port it cannot have, and why', async () => {
    const { port } = await open()
    await expect(open({ port })).rejects.toThrow(
      `Port ${port} of 127.0.0.1 cannot be listened on: another program has it`,
    )
  })
})

describe('a peer that breaks the protocol', () => {
  const longPdu = pdu(0x04, Buffer.alloc(6))
  longPdu.writeUInt32BE(0xffffffff, 2)
  const longRequest = associateRequest([radiographs])
  longRequest.writeUInt32BE(0x7fffffff, 2)

  it.each<[string, readonly Buffer[]]>([
    ['sends HTTP', [Buffer.from('GET / HTTP/1.1\r\nHost: pleura\r\n\r\n')]],
    ['sends a TLS hello', [Buffer.from('16030100a5010000a10303', 'hex')]],
    ['declares a request of 2 GB', [longRequest]],
    ['sends data before it is associated', [fragment(1, storeCommand(), command)]],
    ['releases before it is associated', [releaseRequest]],
    ['sends an empty request', [pdu(0x01, Buffer.alloc(0))]],
    [
      'sends a request whose items do not fit',
      [pdu(0x01, Buffer.concat([Buffer.alloc(68), Buffer.of(0x20, 0, 0xff, 0xff), Buffer.alloc(50)]))],
    ],
  ])('is cut off when it %s', async (_, pdus) => {
    const listener = await open()
    const peer = await Peer.connect(listener.port)
    peer.send(...pdus)
    await peer.closed()
    expect(listener.trouble).toEqual(['protocol-error'])
    expect(await (await Peer.associate(listener.port)).store(bytesOf(10))).toBe(0)
  })

  it.each<[string, readonly Buffer[]]>([
    ['declares a PDU of 4 GB', [longPdu]],
    ['asks for a second association', [associateRequest([radiographs])]],
    ['sends a fragment that reaches beyond its PDU', [pdu(0x04, Buffer.of(0, 0, 1, 0, 1, 3, 0))]],
    ['sends a fragment of length 0', [pdu(0x04, Buffer.alloc(6))]],
    ['sends half a fragment header', [pdu(0x04, Buffer.of(0, 0, 0))]],
    ['sends a data set without a command', [fragment(1, bytesOf(10), lastData)]],
    ['uses a context that was not proposed', [fragment(9, storeCommand(), command)]],
    [
      'sends a command within a data set',
      [fragment(1, storeCommand(), command), fragment(1, bytesOf(10), moreData), fragment(1, storeCommand(), command)],
    ],
    [
      'changes the context within a message',
      [fragment(1, storeCommand(), command), fragment(3, bytesOf(10), lastData)],
    ],
    [
      'sends a command without an end',
      Array.from({ length: 4 }, () => fragment(1, bytesOf(5000), { isCommand: true, isLast: false })),
    ],
    [
      'sends a query without an end',
      [
        fragment(1, findCommand(), command),
        ...Array.from({ length: 4 }, () => fragment(1, bytesOf(100_000), moreData)),
      ],
    ],
  ])('is aborted when it %s', async (_, pdus) => {
    const listener = await open()
    const peer = await Peer.associate(listener.port, [radiographs, { ...radiographs, id: 3 }])
    peer.send(...pdus)
    expect(await peer.closed()).toEqual([0x07])
    expect(listener.trouble).toEqual(['protocol-error'])
    expect(await listener.files()).toEqual([])
    expect(await (await Peer.associate(listener.port)).store(bytesOf(10))).toBe(0)
  })

  it('is cut off when its object never ends', async () => {
    const listener = await open({ maximumObjectBytes: megabyte })
    const peer = await Peer.associate(listener.port)
    peer.send(fragment(1, storeCommand(), command))
    for (let sent = 0; sent < 30; sent++) peer.send(fragment(1, bytesOf(100_000), moreData))
    expect(await peer.closed()).toEqual([0x07])
    await vi.waitFor(async () => expect(await listener.drafts()).toEqual([]))
  })

  it('never ends the listener, however its bytes are turned, and says nothing of them', async () => {
    const printed = [vi.spyOn(process.stderr, 'write'), vi.spyOn(process.stdout, 'write')]
    const listener = await open({ idleMs: 300, maximumAssociations: 64 })
    const whole = Buffer.concat([
      associateRequest([radiographs]),
      fragment(1, storeCommand(), command),
      fragment(1, bytesOf(300), lastData),
    ])
    const random = bytesOf(8 * 400, 7)
    /** How many objects were acknowledged to a sender of these bytes, two of them changed, every fifth time cut off. */
    const send = async (attempt: number): Promise<number> => {
      const turned = Buffer.from(whole)
      const [at, value, again, second] = [0, 2, 4, 6].map((offset) => random.readUInt16LE(8 * attempt + offset))
      turned[at % turned.length] = value & 0xff
      if (attempt % 2 === 0) turned[again % turned.length] = second & 0xff
      const peer = await Peer.connect(listener.port)
      peer.send(turned.subarray(0, attempt % 5 === 0 ? at % turned.length : turned.length))
      let acknowledged = 0
      for (let answer = await peer.next(); answer; answer = await peer.next()) {
        if (answer[0] === 0x04 && statusIn(answer) === 0) acknowledged++
      }
      return acknowledged
    }
    let acknowledged = 0
    for (let batch = 0; batch < 400; batch += 40) {
      const counts = await Promise.all(Array.from({ length: 40 }, (_, index) => send(batch + index)))
      acknowledged += counts.reduce((sum, count) => sum + count, 0)
    }
    expect(await (await Peer.associate(listener.port)).store(bytesOf(10, 3))).toBe(0)
    expect(acknowledged).toBeGreaterThan(0)
    expect(listener.kept.length).toBe(acknowledged + 1)
    expect(listener.trouble).not.toContain('defect')
    for (const spy of printed) {
      expect(spy).not.toHaveBeenCalled()
      spy.mockRestore()
    }
  })
})
