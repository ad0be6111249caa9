import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { buildPartTenHead } from '../../../lib/adapters/dicom-network/part-ten-head.ts'
import { imageIdOf } from '../../../lib/screening/kernel/identifiers.ts'
import { readResults } from '../../cli/run-pleura.ts'
import { startListening } from '../../cli/start-listening.ts'
import { buildDicom, type Element } from '../../radiograph/build-dicom.ts'
import { computedRadiography, explicitLittle } from '../pdus.ts'
import { runDcmtk } from './run-dcmtk.ts'

/** A multiple of ten. LISTEN_IMAGES=1000 LISTEN_KILLS=50 is what docs/receiving.md tells of. */
const images = Number(process.env.LISTEN_IMAGES ?? 200)
const kills = Number(process.env.LISTEN_KILLS ?? 12)
const senders = 3

/** A lateral view is not analysed, which takes no network: one in ten is frontal, and goes through both. */
function elementsOf(image: number): Element[] {
  const view = image % 10 === 0 ? 'PA' : 'LL'
  return [
    [0x0008, 0x0018, 'UI', `1.2.3.${image}`],
    [0x0018, 0x5101, 'CS', view],
  ]
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

it(`loses none of ${images} acknowledged images, and screens none twice, when killed ${kills} times`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pleura-kills-'))
  const out = join(folder, 'out')
  await mkdir(join(folder, 'sent'))
  const waiting: { path: string; imageId: string }[] = []
  for (let image = 0; image < images; image++) {
    const path = join(folder, 'sent', `${image}.dcm`)
    await writeFile(path, buildDicom({ elements: elementsOf(image) }))
    const head = buildPartTenHead({
      sopClassUid: computedRadiography,
      sopInstanceUid: `1.2.3.${image}`,
      transferSyntaxUid: explicitLittle,
    })
    const dataSet = buildDicom({ bare: true, elements: elementsOf(image) })
    waiting.push({ path, imageId: imageIdOf(Buffer.concat([head, dataSet])) })
  }

  const port = await freePort()
  const acknowledged = new Set<string>()
  let refused = 0
  /** Sends each image until it is acknowledged, and a few once more. */
  const send = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const storescu = () => runDcmtk('storescu', '-aec', 'PLEURA', '127.0.0.1', String(port), next.path)
      while ((await storescu()).code !== 0) {
        refused++
        await sleep(50)
      }
      acknowledged.add(next.imageId)
      if (acknowledged.size % 7 === 0) await storescu()
    }
  }
  const sending = Promise.all(Array.from({ length: senders }, send))

  for (let kill = 1; kill <= kills; kill++) {
    const { process: program, ended } = await startListening(out, '--port', String(port))
    // Seeded: after a few images more, and then at another point of the work each time.
    const enough = Math.min(images - 1, Math.floor((kill * images) / (kills + 1)))
    while (acknowledged.size < enough) await sleep(5)
    await sleep((kill * 7919) % 97)
    process.kill(-program.pid!, 'SIGKILL')
    await ended
    const received = new Set(await readdir(join(out, 'received')))
    expect([...acknowledged].filter((imageId) => !received.has(`${imageId}.dcm`))).toEqual([])
  }

  const last = await startListening(out, '--port', String(port))
  await sending
  expect(acknowledged.size).toBe(images)
  expect(refused).toBeGreaterThan(0)
  await vi.waitFor(async () => expect(await readResults(out)).toHaveLength(images), { timeout: 600_000, interval: 500 })
  // Long enough for a second line to come, if one were to.
  await sleep(3000)
  expect((await last.stop()).code).toBe(0)
  const lines = await readResults(out)
  expect(lines.map(({ imageId }) => imageId).sort()).toEqual([...acknowledged].sort())
  const laterals = lines.filter(({ reason }) => reason === 'lateral-view')
  const analysed = lines.filter(({ outcome }) => outcome !== 'not-analysed')
  expect([laterals.length, analysed.length]).toEqual([images * 0.9, images * 0.1])
  expect(await readdir(join(out, '.receiving'))).toEqual([])
})
