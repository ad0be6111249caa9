import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../../lib/adapters/codecs/create-document-tools.ts'
import { createStoreSender } from '../../lib/adapters/delivery/store-sender.ts'
import { deliveryTarget, objectKinds, type TargetOfKind } from '../../lib/delivery/delivery-config.ts'
import { documentTypes } from '../../lib/screening/result-documents/build-documents.ts'
import { openListener } from '../dicom-network/open-listener.ts'
import { pdu } from '../dicom-network/pdus.ts'
import { deliveryOf } from './stored-result.ts'

const senderTo = (port: number, changes: object = {}) =>
  createStoreSender(
    deliveryTarget.parse({
      kind: 'c-store',
      name: 'pacs',
      host: '127.0.0.1',
      port,
      calledAeTitle: 'PLEURA',
      allowPrivateAddress: true,
      timeoutSeconds: 5,
      ...changes,
    }) as TargetOfKind<'c-store'>,
  )

/** Answers the first bytes that come with these. */
async function openFake(reply: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => reply(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, stop: () => server.close() }
}

const drawn = {
  requestedDocuments: ['secondary-capture', 'structured-report'] as const,
  tools: () => createDocumentTools(createCodecs()),
}

describe('a C-STORE target', () => {
  it("gets an object byte for byte, shown by the listener's own files; twice is the same file", async () => {
    const listener = await openListener()
    const delivery = await deliveryOf(['secondary-capture.dcm'], drawn)
    const sender = senderTo(listener.port)
    expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
    expect(await sender.send(delivery)).toEqual({ kind: 'delivered' })
    const [file, ...others] = await listener.files()
    expect(others).toEqual([])
    const sent = Buffer.from(delivery.documents.get('secondary-capture.dcm')!)
    const kept = await readFile(join(listener.folder, file))
    const dataSetOf = (bytes: Buffer) => bytes.subarray(144 + bytes.readUInt32LE(140))
    expect(dataSetOf(kept).equals(dataSetOf(sent))).toBe(true)
    expect(listener.trouble).toEqual([])
    await listener.stop()
  })

  it('that takes some classes only gets those, and the rest is refused', async () => {
    const listener = await openListener()
    const delivery = await deliveryOf(['structured-report.dcm', 'secondary-capture.dcm'], drawn)
    expect(await senderTo(listener.port).send(delivery)).toEqual({ kind: 'refused', reason: 'class-not-accepted' })
    expect(await listener.files()).toHaveLength(1)
    await listener.stop()
  })

  it('that does not know its AE title is tried again', async () => {
    const listener = await openListener()
    const delivery = await deliveryOf(['structured-report.dcm'])
    expect(await senderTo(listener.port, { calledAeTitle: 'OTHER' }).send(delivery)).toEqual({
      kind: 'unavailable',
      reason: 'association-rejected-1-1-7',
      retryAfterMs: null,
    })
    await listener.stop()
  })

  it.each([
    ['nothing', () => {}, 'timeout'],
    ['the end of the connection', (socket: Socket) => socket.end(), 'association-closed'],
    ['an abort', (socket: Socket) => socket.write(pdu(7, Buffer.alloc(4))), 'association-aborted'],
    ['what is no DICOM', (socket: Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), 'answer-not-understood'],
    ['half an acceptance', (socket: Socket) => socket.write(pdu(2, Buffer.alloc(10))), 'answer-not-understood'],
    ['an endless PDU', (socket: Socket) => socket.write(Buffer.of(2, 0, 255, 255, 255, 255)), 'answer-not-understood'],
  ])('that answers %s has taken nothing', async (_, reply, reason) => {
    const fake = await openFake(reply)
    const delivery = await deliveryOf(['structured-report.dcm'])
    const outcome = await senderTo(fake.port, { timeoutSeconds: 1 }).send(delivery)
    expect(outcome).toMatchObject({ kind: 'unavailable', reason })
    fake.stop()
  })

  it('says that nobody listens, and is not reached where it may not be', async () => {
    const fake = await openFake(() => {})
    const delivery = await deliveryOf(['structured-report.dcm'])
    expect(await senderTo(fake.port, { allowPrivateAddress: false }).send(delivery)).toMatchObject({
      reason: 'address-not-allowed',
    })
    fake.stop()
    expect(await senderTo(fake.port).send(delivery)).toMatchObject({ reason: 'connection-ECONNREFUSED' })
  })

  it('may be sent every kind of object that there is, by the name it is stored under', () => {
    const objects = documentTypes.filter(({ mediaType }) => mediaType === 'application/dicom')
    expect(objects.map(({ kind }) => kind).sort()).toEqual([...objectKinds].sort())
    for (const { kind, name } of objects) expect(name).toBe(`${kind}.dcm`)
  })
})
