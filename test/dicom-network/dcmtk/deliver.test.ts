import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { createCodecs } from '../../../lib/adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../../../lib/adapters/codecs/create-document-tools.ts'
import type { TlsCredentials } from '../../../lib/adapters/delivery/open-socket.ts'
import { createStoreSender } from '../../../lib/adapters/delivery/store-sender.ts'
import { deliveryTarget, type TargetOfKind } from '../../../lib/delivery/delivery-config.ts'
import { documentKinds } from '../../../lib/screening/kernel/document-kinds.ts'
import { readFileMeta } from '../../../lib/screening/radiograph/file-meta.ts'
import { deliveryOf } from '../../delivery/stored-result.ts'
import { makeAuthority, makeCertificate } from '../../make-certificate.ts'

const names = ['segmentation.dcm', 'secondary-capture.dcm', 'presentation-state.dcm', 'structured-report.dcm']
const dataSetOf = (file: Buffer): string => file.subarray(readFileMeta(file, 132).end).toString('hex')

let receiver: ChildProcess | null = null
afterEach(async () => {
  receiver?.kill()
  receiver = null
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** DCMTK's storescp, which writes what it gets bit for bit. */
async function openStorescp(...options: string[]): Promise<{ port: number; folder: string }> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'pleura-storescp-'))
  receiver = spawn('storescp', ['+B', '-pm', '-od', folder, ...options, String(port)], { stdio: 'ignore' })
  const isOpen = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
  while (!(await isOpen())) {
    if (receiver.exitCode !== null) throw new Error('storescp does not run')
    await sleep(50)
  }
  return { port, folder }
}

const senderTo = (port: number, tls: TlsCredentials | null = null) =>
  createStoreSender(
    deliveryTarget.parse({
      kind: 'c-store',
      name: 'pacs',
      host: '127.0.0.1',
      port,
      calledAeTitle: 'STORESCP',
      allowPrivateAddress: true,
      tls: tls !== null,
    }) as TargetOfKind<'c-store'>,
    tls ?? {},
  )

const delivery = () =>
  deliveryOf(names, { requestedDocuments: documentKinds, tools: () => createDocumentTools(createCodecs()) })

describe('storescp, delivered to', () => {
  it.each([[[]], [['--max-pdu', '4096']], [['--max-pdu', '131072']]])(
    'has every object byte for byte (%s), and twice no more of them',
    async (options) => {
      const { port, folder } = await openStorescp(...options)
      const sent = await delivery()
      expect(await senderTo(port).send(sent)).toEqual({ kind: 'delivered' })
      expect(await senderTo(port).send(sent)).toEqual({ kind: 'delivered' })
      const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))))
      expect(files.map(dataSetOf).sort()).toEqual(
        [...sent.documents.values()].map((file) => dataSetOf(Buffer.from(file))).sort(),
      )
    },
  )

  it('that refuses associations is tried again', async () => {
    const { port } = await openStorescp('--refuse')
    expect(await senderTo(port).send(await delivery())).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringMatching(/^association-rejected/),
    })
  })

  it('that aborts half-way is tried again', async () => {
    const { port } = await openStorescp('--abort-during')
    expect(await senderTo(port).send(await delivery())).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringMatching(/^(association|connection)-/),
    })
  })

  it('over TLS has what is sent with a certificate of its authority, and nothing else', async () => {
    const [authority, stranger] = [makeAuthority(), makeAuthority('another authority')]
    const own = makeCertificate(authority)
    const keys = await mkdtemp(join(tmpdir(), 'pleura-storescp-keys-'))
    const [key, cert, ca] = ['key.pem', 'cert.pem', 'ca.pem'].map((name) => join(keys, name))
    await Promise.all([writeFile(key, own.key), writeFile(cert, own.cert), writeFile(ca, authority.cert)])
    const { port, folder } = await openStorescp('+tls', key, cert, '+cf', ca)
    const sent = await delivery()
    const failed = { kind: 'unavailable', reason: expect.stringMatching(/^(connection|association)-/) }
    expect(await senderTo(port, { ca: stranger.cert, ...makeCertificate(authority) }).send(sent)).toMatchObject({
      kind: 'unavailable',
      reason: 'connection-SELF_SIGNED_CERT_IN_CHAIN',
    })
    for (const shown of [{}, makeCertificate(stranger), makeCertificate(authority, { isExpired: true })]) {
      expect(await senderTo(port, { ca: authority.cert, ...shown }).send(sent)).toMatchObject(failed)
    }
    expect(await senderTo(port).send(sent)).toMatchObject(failed)
    expect(await readdir(folder)).toEqual([])
    const trusted = { ca: authority.cert, ...makeCertificate(authority) }
    expect(await senderTo(port, trusted).send(sent)).toEqual({ kind: 'delivered' })
    expect(await readdir(folder)).toHaveLength(names.length)
  })
})
