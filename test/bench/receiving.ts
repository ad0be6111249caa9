import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { listenForDicom } from '../../lib/adapters/dicom-network/listen-for-dicom.ts'
import { Inbox } from '../../lib/adapters/embedded/inbox.ts'
import { median } from './measure.ts'

const objects = 40
const repeats = 3
const keptMegabytes = 10
const run = promisify(execFile)

/** Images per second over one association from DCMTK's storescu, to us and to DCMTK's own storescp, by turns. */
export async function benchReceiving(file: string, folder: string): Promise<string[][]> {
  if (!(await isInstalled())) return [['DCMTK is not installed', '-']]
  const sent = await copyWithOtherUids(file, join(folder, 'sent'))
  const megabytes = (await readFile(file)).length / 1e6
  const ours: number[] = []
  const theirs: number[] = []
  for (let repeat = 0; repeat < repeats; repeat++) {
    ours.push(await sendToPleura(sent, folder))
    theirs.push(await sendToStorescp(sent, folder))
  }
  const rate = (seconds: readonly number[]): string => `${(objects / median(seconds)).toFixed(0)} images/s`
  const size = `${objects} images of ${megabytes.toFixed(1)} MB`
  return [
    [
      `from the last byte of ${keptMegabytes} MB to their acknowledgement, arriving in pieces`,
      await benchKeeping(folder),
    ],
    [`storescu to pleura, ${size}, each flushed to disk before it is acknowledged`, rate(ours)],
    ['storescu to storescp of DCMTK, which does not flush', rate(theirs)],
  ]
}

/** What of flushing to disk a sender waits for. */
async function benchKeeping(folder: string): Promise<string> {
  const inbox = await Inbox.open(await mkdtemp(join(folder, 'inbox-')), {
    maximumObjectBytes: 2 ** 28,
    keepFreeBytes: 0,
  })
  const milliseconds: number[] = []
  for (let object = 0; object < objects; object++) {
    const file = inbox.receive()
    for (let piece = 0; piece < keptMegabytes * 8; piece++) {
      if (!file.write(randomBytes(131_072))) await once(file, 'drain')
      if (piece % 4 === 0) await sleep(1)
    }
    const began = performance.now()
    await file.keep()
    milliseconds.push(performance.now() - began)
  }
  return `${median(milliseconds).toFixed(0)} ms`
}

const isInstalled = (): Promise<boolean> =>
  run('storescu', ['--version']).then(
    () => true,
    () => false,
  )

/** The same image under other SOP Instance UIDs of the same length. */
async function copyWithOtherUids(file: string, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const bytes = await readFile(file)
  const uid = /2\.25\.\d{20,}/.exec(bytes.toString('latin1', 132, 1024))![0]
  return Promise.all(
    Array.from({ length: objects }, async (_, copy) => {
      const other = Buffer.from(bytes)
      const name = uid.slice(0, -4) + String(1000 + copy)
      for (let at = other.indexOf(uid); at >= 0; at = other.indexOf(uid, at + 1)) other.write(name, at, 'latin1')
      const path = join(folder, `${copy}.dcm`)
      await writeFile(path, other)
      return path
    }),
  )
}

async function sendToPleura(files: readonly string[], folder: string): Promise<number> {
  const root = await mkdtemp(join(folder, 'pleura-'))
  const maximumObjectBytes = 2 ** 28
  const inbox = await Inbox.open(root, { maximumObjectBytes, keepFreeBytes: 0 })
  const { port, stop } = await listenForDicom({
    host: '127.0.0.1',
    port: 0,
    aeTitle: 'BENCH',
    callingAeTitles: null,
    peers: null,
    tls: null,
    maximumAssociations: 1,
    maximumObjectBytes,
    idleMs: 60_000,
    inbox,
    onKept() {},
    onNotKept() {},
    onTrouble() {},
  })
  const seconds = await send(files, port)
  await stop()
  await expectFiles(inbox.folder)
  await rm(root, { recursive: true })
  return seconds
}

async function sendToStorescp(files: readonly string[], folder: string): Promise<number> {
  const root = await mkdtemp(join(folder, 'storescp-'))
  const port = await freePort()
  const storescp = spawn('storescp', ['-aet', 'BENCH', '-od', root, String(port)], { stdio: 'ignore' })
  await untilItListens(port)
  const seconds = await send(files, port)
  storescp.kill()
  await expectFiles(root)
  await rm(root, { recursive: true })
  return seconds
}

async function send(files: readonly string[], port: number): Promise<number> {
  const started = performance.now()
  await run('storescu', ['-aec', 'BENCH', '127.0.0.1', String(port), ...files])
  return (performance.now() - started) / 1000
}

async function expectFiles(folder: string): Promise<void> {
  const { length } = await readdir(folder)
  if (length !== objects) throw new Error(`${length} of ${objects} images arrived`)
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

async function untilItListens(port: number): Promise<void> {
  for (;;) {
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (answered) return
    await sleep(50)
  }
}
