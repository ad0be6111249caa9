import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Orthanc {
  readonly dicomPort: number
  /** Base address of its REST API. */
  readonly url: string
  /** Base address of its DICOMweb. */
  readonly dicomWeb: string
  readonly stop: () => Promise<void>
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

/** An Orthanc of our own with its DICOMweb plugin, over an empty folder. */
export async function openOrthanc(): Promise<Orthanc> {
  const folder = await mkdtemp(join(tmpdir(), 'pleura-orthanc-'))
  const [dicomPort, httpPort] = [await freePort(), await freePort()]
  const name = randomUUID()
  const file = join(folder, 'orthanc.json')
  const settings = {
    Name: name,
    StorageDirectory: folder,
    IndexDirectory: folder,
    Plugins: ['/usr/share/orthanc/plugins/libOrthancDicomWeb.so'],
    HttpPort: httpPort,
    DicomPort: dicomPort,
    DicomAet: 'ORTHANC',
    RemoteAccessAllowed: false,
    DicomAlwaysAllowStore: true,
    DicomWeb: { Enable: true, Root: '/dicom-web/' },
  }
  await writeFile(file, JSON.stringify(settings))
  const server = spawn('Orthanc', [file], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${httpPort}`
  while (!(await answersAs(name, url))) {
    if (server.exitCode !== null) throw new Error('Orthanc does not run')
    await sleep(100)
  }
  return { dicomPort, url, dicomWeb: `${url}/dicom-web`, stop: () => stop(server, folder) }
}

/** Whether it is ours that answers there, and not somebody else's. */
const answersAs = (name: string, url: string): Promise<boolean> =>
  fetch(`${url}/system`).then(
    async (answer) => ((await answer.json()) as { Name: string }).Name === name,
    () => false,
  )

async function stop(server: ChildProcess, folder: string): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill()
  await ended
  await rm(folder, { recursive: true })
}
