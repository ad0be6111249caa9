import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import dimse, { type requests, type responses } from 'dcmjs-dimse'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { listInputs } from '../../lib/embedded/list-inputs.ts'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { readResults, runPleura } from './run-pleura.ts'
import { startListening } from './start-listening.ts'

let folder: string
let phantoms: string[]
beforeAll(async () => {
  dimse.log.disableAll()
  folder = await mkdtemp(join(tmpdir(), 'pleura-listen-'))
  await writePhantomSet({ count: 3, outDir: join(folder, 'made'), seed: 11, rows: 256 })
  phantoms = (await listInputs([join(folder, 'made/dicom-images-train')], '')).map(({ path }) => path)
})

/** The statuses with which a sender's requests are answered. */
function send(port: number, sent: requests.Request[]): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const client = new dimse.Client()
    const statuses: number[] = []
    for (const request of sent) {
      request.on('response', (response: responses.Response) => statuses.push(response.getStatus()))
      client.addRequest(request)
    }
    client.on('networkError', reject)
    client.on('closed', () => resolve(statuses))
    client.send('127.0.0.1', port, 'MODALITY', 'PLEURA')
  })
}

describe('pleura listen', () => {
  it('screens what is sent to it, by C-STORE and STOW-RS, and ends on SIGTERM with the work done', async () => {
    const out = join(folder, 'screened')
    const listening = await startListening(out, '--port', '0', '--stow-port', '0')
    const { CEchoRequest, CStoreRequest } = dimse.requests
    expect(await send(listening.port, [new CEchoRequest()])).toEqual([0])
    expect(
      await send(
        listening.port,
        phantoms.slice(0, 2).map((path) => new CStoreRequest(path)),
      ),
    ).toEqual([0, 0])
    const stow = await fetch(`http://127.0.0.1:${listening.stowPort}/studies`, {
      method: 'POST',
      headers: { 'content-type': 'application/dicom' },
      body: await readFile(phantoms[2]),
    })
    expect(stow.status).toBe(200)
    await vi.waitFor(async () => expect(await readResults(out)).toHaveLength(3), { timeout: 50_000, interval: 200 })
    const { code, stdout, stderr } = await listening.stop()
    expect(code).toBe(0)
    const results = await readResults(out)
    expect(results.map(({ outcome }) => outcome)).not.toContain('not-analysed')
    const received = await readdir(join(out, 'received'))
    expect(results.map(({ imageId }) => `${imageId}.dcm`).sort()).toEqual(received.sort())
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).imageId)
        .sort(),
    ).toEqual(results.map(({ imageId }) => imageId).sort())
    for (const line of stderr.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('event')
  })

  it('refuses a second program over the same folder', async () => {
    const out = join(folder, 'locked')
    const listening = await startListening(out, '--port', '0', '--stow-port', '0')
    const second = await runPleura('listen', '--out', out, '--port', '0')
    expect([second.code, second.stderr]).toEqual([1, expect.stringMatching(/is in use by pleura listen/)])
    expect((await listening.stop()).code).toBe(0)
  })

  it.each([
    ['half a key pair', ['--tls-key', 'key.pem'], 'TLS needs both --tls-key and --tls-cert.'],
    ['a bucket without a tenant', ['--bucket', 'b'], '--bucket needs --tenant'],
    [
      'a peer that is no address',
      ['--peer', 'pacs.hospital'],
      '--peer pacs.hospital is neither an address nor a network',
    ],
    ['a peer that is no address', ['--peer', '10.1.0.0/'], '--peer 10.1.0.0/ is neither an address nor a network'],
    [
      'a peer that is no address',
      ['--peer', '10.1.0.0/16/8'],
      '--peer 10.1.0.0/16/8 is neither an address nor a network',
    ],
    ['an AE title of 17 characters', ['--ae-title', 'ABCDEFGHIJKLMNOPQ'], 'an AE title has 1 to 16 characters'],
    ['a port that is none', ['--port', '70000'], 'expected a whole number from 0 to 65535'],
    ['an address of another machine', ['--host', '192.0.2.1', '--port', '0'], 'this machine has no such address'],
    ['models that are not there', ['--models', 'nowhere', '--port', '0'], 'nowhere'],
  ])('does not start with %s', async (_, args, message) => {
    const { code, stderr } = await runPleura('listen', '--out', join(folder, 'refused'), ...args)
    expect([code, stderr.trim().split('\n').length]).toEqual([1, 1])
    expect(stderr).toContain(message)
  })

  it('does not start with a file that is no key', async () => {
    const file = join(folder, 'no-key.pem')
    await writeFile(file, 'no key')
    const args = ['--out', join(folder, 'refused'), '--port', '0', '--tls-key', file, '--tls-cert', file]
    const { code, stderr } = await runPleura('listen', ...args)
    expect([code, stderr.trim().split('\n').length]).toEqual([1, 1])
    expect(stderr).toContain('is no key, or no certificate')
  })
})
