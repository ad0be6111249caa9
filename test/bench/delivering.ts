import { writeFile } from 'node:fs/promises'
import { createServer, type Server as HttpServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { join } from 'node:path'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../../lib/adapters/codecs/create-document-tools.ts'
import { listenForDicom } from '../../lib/adapters/dicom-network/listen-for-dicom.ts'
import { Inbox } from '../../lib/adapters/embedded/inbox.ts'
import { Deliveries } from '../../lib/embedded/deliver/deliveries.ts'
import { readDeliveryConfig } from '../../lib/embedded/deliver/read-delivery-config.ts'
import { storeResult } from '../delivery/stored-result.ts'

const results = 300

/**
 * Results a second to a local target of each kind, and to all of them at a time, from an output folder that nothing was
 * delivered from. Receivers and sender share this process and its processor time; that of C-STORE flushes each object to
 * disk before it answers. The objects are those of a small image.
 */
export async function benchDelivering(folder: string): Promise<string[][]> {
  const out = join(folder, 'delivered')
  const codecs = createCodecs()
  const tools = () => createDocumentTools(codecs)
  for (let index = 0; index < results; index++) {
    const requestedDocuments = ['secondary-capture', 'structured-report', 'fhir-bundle', 'hl7-message'] as const
    await storeResult(out, { name: String(index), requestedDocuments, tools })
  }
  await codecs.close()
  await writeFile(join(folder, 'secret'), `whsec_${Buffer.alloc(32, 7).toString('base64')}`)
  const http = await openHttp()
  const mllp = await openMllp()
  const inbox = await Inbox.open(join(folder, 'delivered-to'), { maximumObjectBytes: 2 ** 28, keepFreeBytes: 0 })
  const dicom = await listenForDicom({
    host: '127.0.0.1',
    port: 0,
    aeTitle: 'PLEURA',
    callingAeTitles: null,
    peers: null,
    tls: null,
    maximumAssociations: 4,
    maximumObjectBytes: 2 ** 28,
    idleMs: 20_000,
    inbox,
    onKept() {},
    onNotKept() {},
    onTrouble() {},
  })
  const url = `http://127.0.0.1:${portOf(http)}`
  const objects = ['secondary-capture']
  const place = { host: '127.0.0.1', allowPrivateAddress: true }
  const targets = [
    { kind: 'webhook', url, secretFile: 'secret', allowPrivateAddress: true },
    { kind: 'fhir', url: `${url}/fhir`, allowPrivateAddress: true },
    { kind: 'stow', url, objects, allowPrivateAddress: true },
    { kind: 'c-store', port: dicom.port, calledAeTitle: 'PLEURA', objects, ...place },
    { kind: 'mllp', port: portOf(mllp), ...place },
  ]
  const rows: string[][] = []
  for (const target of targets)
    rows.push([target.kind, await rateOf(folder, out, [{ ...target, name: `alone-${target.kind}` }])])
  const together = targets.map((target) => ({ ...target, name: `with-others-${target.kind}` }))
  rows.push([`all ${targets.length} at a time, each`, await rateOf(folder, out, together)])
  await dicom.stop()
  http.close()
  mllp.close()
  return rows
}

async function rateOf(folder: string, out: string, targets: readonly object[]): Promise<string> {
  const file = join(folder, 'targets.json')
  await writeFile(file, JSON.stringify({ tenant: 'bench', targets }))
  const deliveries = await Deliveries.open(out, await readDeliveryConfig(file), { log() {}, onSettled() {} })
  const started = performance.now()
  const cpuBefore = process.cpuUsage()
  await deliveries.run({ follow: false, until: 'when-tried', signal: new AbortController().signal })
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const delivered = (await deliveries.summary()).map((target) => target.delivered)
  await deliveries.close()
  if (delivered.some((count) => count !== results)) throw new Error(`delivered ${delivered}, not ${results}`)
  const cpuMs = (user + system) / 1000 / results
  return `${(results / seconds).toFixed(0)} results/s, ${cpuMs.toFixed(1)} ms of processor time each`
}

/** Takes whatever comes: a webhook, a transaction, or objects, which are named as stored. */
async function openHttp(): Promise<HttpServer> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    if (request.url === '/fhir') {
      const { entry }: { entry: unknown[] } = JSON.parse(body.toString())
      const answers = entry.map(() => ({ response: { status: '201' } }))
      response.end(JSON.stringify({ resourceType: 'Bundle', entry: answers }))
    } else if (request.url === '/studies') {
      const uids = body.toString('latin1').match(/2\.25\.\d+/g) ?? []
      const Value = [...new Set(uids)].map((uid) => ({ '00081155': { vr: 'UI', Value: [uid] } }))
      response.end(JSON.stringify({ '00081199': { vr: 'SQ', Value } }))
    } else response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

/** Acknowledges what comes. */
async function openMllp(): Promise<Server> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const controlId = chunk.toString('latin1').split('|')[9]
      socket.write(`\x0bMSH|^~\\&|HIS\rMSA|AA|${controlId}\r\x1c\r`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port
