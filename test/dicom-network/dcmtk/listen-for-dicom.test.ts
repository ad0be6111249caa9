import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { listInputs } from '../../../lib/embedded/list-inputs.ts'
import { writePhantomSet } from '../../../lib/phantom/write-phantom-set.ts'
import { readFileMeta } from '../../../lib/screening/radiograph/file-meta.ts'
import { buildDicom } from '../../radiograph/build-dicom.ts'
import { type OpenedListener, openListener } from '../open-listener.ts'
import { runDcmtk } from './run-dcmtk.ts'

let folder: string
const phantoms: string[] = []
/** What DCMTK 3.6 writes anew before it sends it (implicit, big endian, deflated), or does not know (HTJ2K). */
const notSentAsIs = /^1\.2\.840\.10008\.1\.2(|\.2|\.1\.99|\.4\.20[123])$/
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pleura-dcmtk-'))
  await writePhantomSet({ count: 12, outDir: join(folder, 'made'), seed: 5, rows: 256 })
  const made = await listInputs([join(folder, 'made/dicom-images-train')], '')
  for (const { path } of made) {
    const syntax = readFileMeta(await readFile(path), 132).transferSyntaxUid
    if (!notSentAsIs.test(syntax!)) phantoms.push(path)
  }
})

const opened: OpenedListener[] = []
async function open(...args: Parameters<typeof openListener>): Promise<OpenedListener> {
  const listener = await openListener(...args)
  opened.push(listener)
  return listener
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((listener) => listener.stop()))
})

const place = ({ port }: OpenedListener) => ['-aec', 'PLEURA', '127.0.0.1', String(port)]
const dataSetOf = (file: Buffer): Buffer => file.subarray(readFileMeta(file, 132).end)

async function writeObject(name: string, options: Parameters<typeof buildDicom>[0]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, buildDicom(options))
  return path
}

describe('listenForDicom, sent to by DCMTK', () => {
  it('answers echoscu, and rejects it under another AE title', async () => {
    const listener = await open()
    expect((await runDcmtk('echoscu', ...place(listener))).code).toBe(0)
    const { code, text } = await runDcmtk('echoscu', '-aec', 'OTHER', '127.0.0.1', String(listener.port))
    expect([code, text]).toEqual([1, expect.stringContaining('Called AE Title Not Recognized')])
  })

  it('keeps what dcmsend sends, native and compressed, byte for byte', async () => {
    const listener = await open()
    const { code, text } = await runDcmtk('dcmsend', '-v', '--decompress-never', ...place(listener), ...phantoms)
    expect(code, text).toBe(0)
    const sources = await Promise.all(phantoms.map(async (path) => dataSetOf(await readFile(path)).toString('base64')))
    const files = await listener.files()
    expect(phantoms.length).toBeGreaterThan(6)
    expect(files).toHaveLength(phantoms.length)
    const kept = await Promise.all(files.map((name) => readFile(join(listener.folder, name))))
    const same = kept.filter((file) => sources.includes(dataSetOf(file).toString('base64')))
    expect(same).toHaveLength(phantoms.length)
    for (const name of files) {
      expect((await runDcmtk('dcmftest', join(listener.folder, name))).text).toMatch(/^yes/)
    }
  })

  it('refuses another SOP class at negotiation', async () => {
    const listener = await open()
    const tomogram = await writeObject('ct.dcm', { elements: [[0x0008, 0x0016, 'UI', '1.2.840.10008.5.1.4.1.1.2']] })
    const { code, text } = await runDcmtk('storescu', ...place(listener), tomogram)
    expect([code, text]).toEqual([expect.any(Number), expect.stringContaining('No presentation context')])
    expect(code).not.toBe(0)
    expect(await listener.files()).toEqual([])
  })

  it.each([
    ['too large', { maximumObjectBytes: 30_000 }, /CannotUnderstand|0xc000/i],
    ['too much for the disk', { keepFreeBytes: Number.MAX_SAFE_INTEGER }, /OutOfResources|0xa700/i],
  ])('tells storescu of an object that is %s', async (_, changes, status) => {
    const listener = await open(changes)
    const radiograph = await writeObject('cr.dcm', {})
    const { code, text } = await runDcmtk('storescu', '-v', ...place(listener), radiograph)
    expect(text).toMatch(status)
    expect(code).not.toBe(0)
    expect(await listener.files()).toEqual([])
  })

  it('takes from many senders at once', async () => {
    const listener = await open({ maximumAssociations: 12 })
    const runs = await Promise.all(
      phantoms.slice(0, 8).map((path) => runDcmtk('dcmsend', '--decompress-never', ...place(listener), path)),
    )
    expect(runs.map(({ code }) => code)).toEqual(runs.map(() => 0))
    expect(await listener.files()).toHaveLength(8)
  })

  it('keeps nothing of an object whose storescu is killed half-way', async () => {
    const listener = await open({ maximumObjectBytes: 2 ** 28 })
    const large = await writeObject('large.dcm', { pixels: new Uint8Array(2 ** 27) })
    const sender = spawn('storescu', ['--max-send-pdu', '4096', ...place(listener), large], { stdio: 'ignore' })
    await vi.waitFor(async () => expect(await listener.drafts()).toHaveLength(1), { interval: 5, timeout: 10_000 })
    sender.kill('SIGKILL')
    await vi.waitFor(async () => expect(await listener.drafts()).toEqual([]), { timeout: 10_000 })
    expect(await listener.files()).toEqual([])
  })
})

describe('listenForDicom over TLS', () => {
  /** A key, its certificate, and the authority that signed it: itself. */
  function makeCertificate(name: string): { key: string; certificate: string } {
    const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, '-keyout', key, '-out', certificate],
      { stdio: 'ignore' },
    )
    return { key, certificate }
  }

  it('takes from who has a certificate of the authority, and from nobody else', async () => {
    const server = makeCertificate('server')
    const pacs = makeCertificate('pacs')
    const stranger = makeCertificate('stranger')
    const listener = await open({
      tls: {
        key: await readFile(server.key),
        cert: await readFile(server.certificate),
        ca: await readFile(pacs.certificate),
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
      },
    })
    const trusted = ['+cf', server.certificate]
    const radiograph = await writeObject('tls.dcm', {})
    const send = (...tls: string[]) => runDcmtk('storescu', ...tls, ...place(listener), radiograph)
    expect((await send('+tls', pacs.key, pacs.certificate, ...trusted)).code).toBe(0)
    expect(await listener.files()).toHaveLength(1)
    expect((await send('+tls', stranger.key, stranger.certificate, ...trusted)).code).not.toBe(0)
    expect((await send('+tla', ...trusted)).code).not.toBe(0)
    expect((await send()).code).not.toBe(0)
    expect(listener.kept).toHaveLength(1)
  })
})
