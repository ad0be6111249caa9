import { mkdtemp, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer as createPlainServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type TlsOptions } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSender } from '../../lib/adapters/delivery/create-sender.ts'
import type { TlsCredentials } from '../../lib/adapters/delivery/open-socket.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { type DeliveryTarget, deliveryTarget } from '../../lib/delivery/delivery-config.ts'
import type { Delivery } from '../../lib/delivery/sender.ts'
import { readTlsCredentials } from '../../lib/embedded/deliver/read-tls-credentials.ts'
import { openListener } from '../dicom-network/open-listener.ts'
import { makeAuthority, makeCertificate } from '../make-certificate.ts'
import { deliveryOf } from './stored-result.ts'

const authority = makeAuthority()
const stranger = makeAuthority('another authority')
const certificate = makeCertificate(authority)

interface Receiver {
  readonly port: number
  readonly count: () => number
  readonly trouble: () => readonly string[]
  readonly stop: () => unknown
}

let receiver: Receiver | null = null
afterEach(async () => {
  await receiver?.stop()
  receiver = null
})

async function receiveMessages(tls: TlsOptions): Promise<Receiver> {
  let count = 0
  const trouble: string[] = []
  const server = createServer(tls, (socket) => {
    socket.on('error', () => {})
    socket.once('data', (message) => {
      count++
      const id = message.toString('utf8').split('\r')[0].split('|')[9]
      socket.write(`\x0bMSH|^~\\&|HIS\rMSA|AA|${id}\r\x1c\r`)
    })
  })
  server.on('tlsClientError', () => trouble.push('tls'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { port, count: () => count, trouble: () => trouble, stop: () => server.close() }
}

/** Our own listener: both ends of C-STORE over TLS. */
async function receiveObjects(tls: TlsOptions): Promise<Receiver> {
  const { port, kept, trouble, stop } = await openListener({ tls })
  return { port, count: () => kept.length, trouble: () => trouble, stop }
}

const wires = {
  mllp: { receive: receiveMessages, document: 'oru.hl7', fields: {} },
  'c-store': { receive: receiveObjects, document: 'structured-report.dcm', fields: { calledAeTitle: 'PLEURA' } },
}

describe.each(['mllp', 'c-store'] as const)('a target of %s over TLS', (kind) => {
  const { receive, document, fields } = wires[kind]
  let delivery: Delivery
  beforeAll(async () => {
    delivery = await deliveryOf([document])
  })
  const send = async (credentials: TlsCredentials) => {
    const target = deliveryTarget.parse({
      kind,
      name: 'over-tls',
      host: '127.0.0.1',
      port: receiver?.port,
      tls: true,
      allowPrivateAddress: true,
      timeoutSeconds: 5,
      ...fields,
    })
    const sender = await createSender(target, null, systemClock, credentials)
    return sender!.send(delivery)
  }
  // Which classes our own listener takes is another test: that it answers is what counts here.
  const taken = kind === 'mllp' ? { kind: 'delivered' } : { kind: 'refused', reason: 'class-not-accepted' }

  it('is believed with a certificate of the authority that is named', async () => {
    receiver = await receive(certificate)
    expect(await send({ ca: authority.cert })).toEqual(taken)
    expect(receiver.trouble()).toEqual([])
  })

  it.each([
    ['of an authority that Node does not trust', certificate, {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['of another authority', certificate, { ca: stranger.cert }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['that has expired', makeCertificate(authority, { isExpired: true }), { ca: authority.cert }, 'CERT_HAS_EXPIRED'],
    [
      'of another host',
      makeCertificate(authority, { address: '192.0.2.1' }),
      { ca: authority.cert },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
  ])('gets nothing with a certificate %s', async (_, shown, credentials, code) => {
    receiver = await receive(shown)
    expect(await send(credentials)).toEqual({ kind: 'unavailable', reason: `connection-${code}`, retryAfterMs: null })
    expect(receiver.count()).toBe(0)
  })

  it('gets nothing where it speaks no TLS', async () => {
    const received: Buffer[] = []
    const server = createPlainServer((socket) => socket.on('data', (bytes) => received.push(bytes)).end('hello'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    receiver = {
      port: (server.address() as AddressInfo).port,
      count: () => received.length,
      trouble: () => [],
      stop: () => server.close(),
    }
    expect(await send({ ca: authority.cert })).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringMatching(/^connection-(ERR_SSL_|EPROTO|ECONNRESET)/),
    })
    expect(Buffer.concat(received).includes('PID')).toBe(false)
  })

  describe('that asks for a certificate', () => {
    const asking = { ...certificate, ca: authority.cert, requestCert: true, rejectUnauthorized: true }

    it('takes one of its authority', async () => {
      receiver = await receive(asking)
      expect(await send({ ca: authority.cert, ...makeCertificate(authority) })).toEqual(taken)
    })

    it.each([
      ['none', {}, 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE'],
      ['one of another authority', makeCertificate(stranger), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      ['one that has expired', makeCertificate(authority, { isExpired: true }), 'CERT_HAS_EXPIRED'],
    ])('takes nothing from who has %s, which waits', async (_, own, code) => {
      receiver = await receive(asking)
      expect(await send({ ca: authority.cert, ...own })).toMatchObject({
        kind: 'unavailable',
        reason: expect.stringMatching(/^(connection|association)-/),
      })
      await expect.poll(receiver.trouble).toEqual([kind === 'mllp' ? 'tls' : `tls-failed-${code}`])
      expect(receiver.count()).toBe(0)
    })
  })
})

describe('the listener', () => {
  it('says of a sender without TLS, and of one that does not trust it, that TLS failed, and goes on', async () => {
    receiver = await receiveObjects(certificate)
    const { port, trouble } = receiver
    const plain = await import('node:net').then(({ connect: open }) => open(port, '127.0.0.1'))
    plain.on('error', () => {}).write('no TLS at all')
    await expect.poll(() => trouble().length).toBe(1)
    connect({ port, host: '127.0.0.1', ca: stranger.cert }).on('error', () => {})
    await expect.poll(() => trouble().length).toBe(2)
    expect(trouble()).toEqual([
      expect.stringMatching(/^tls-failed-ERR_SSL_/),
      expect.stringMatching(/^tls-failed-(ERR_SSL_|ECONNRESET)/),
    ])
    await new Promise<void>((resolve) => {
      const trusting = connect({ port, host: '127.0.0.1', ca: authority.cert }, () => {
        trusting.destroy()
        resolve()
      })
    })
  })
})

describe('the files that a target names for TLS', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pleura-tls-'))
    const files = { 'ca.pem': authority.cert, 'own.pem': certificate.cert, 'own.key': certificate.key }
    for (const [name, text] of Object.entries({ ...files, 'other.key': stranger.key, 'none.pem': 'no certificate' })) {
      await writeFile(join(folder, name), text)
    }
  })
  const read = (fields: Partial<Extract<DeliveryTarget, { kind: 'mllp' }>>) =>
    readTlsCredentials(
      deliveryTarget.parse({ kind: 'mllp', name: 'his', host: 'his', port: 1, tls: true, ...fields }),
      folder,
    )

  it('are read from beside the configuration', async () => {
    expect(await read({})).toEqual({})
    expect(await read({ tlsAuthorityFile: 'ca.pem', tlsCertificateFile: 'own.pem', tlsKeyFile: 'own.key' })).toEqual({
      ca: authority.cert,
      ...certificate,
    })
  })

  it.each([
    ['without tls', { tls: false, tlsAuthorityFile: 'ca.pem' }, /ca\.pem and has no "tls": true/],
    ['a certificate without its key', { tlsCertificateFile: 'own.pem' }, /needs both/],
    ['a file that is not there', { tlsAuthorityFile: 'lost.pem' }, /cannot be read \(ENOENT\)/],
    ['an authority that is none', { tlsAuthorityFile: 'none.pem' }, /no certificate/],
    ['a certificate that is none', { tlsCertificateFile: 'none.pem', tlsKeyFile: 'own.key' }, /no certificate or key/],
    ['the key of another', { tlsCertificateFile: 'own.pem', tlsKeyFile: 'other.key' }, /do not match/],
  ])('are refused at the start: %s', async (_, fields, message) => {
    await expect(read(fields)).rejects.toThrow(message)
  })
})
