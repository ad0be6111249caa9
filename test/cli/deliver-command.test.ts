import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { addDeliverCommand } from '../../lib/cli/deliver-command.ts'
import type { DeliveryReport } from '../../lib/embedded/deliver/courier.ts'
import { type HttpReceiver, openHttpReceiver } from '../delivery/http-receiver.ts'
import { storeResult } from '../delivery/stored-result.ts'
import { facts } from '../result-documents/screened-image.ts'
import { runCommand } from './run-command.ts'
import { startPleura } from './run-pleura.ts'

// In this process signals are the test runner's.
vi.mock('../../lib/cli/stop-on-interrupt.ts', () => ({ stopOnInterrupt: () => new AbortController().signal }))

/** DELIVER_RESULTS=1000 DELIVER_KILLS=50 is what docs/delivery.md tells of. */
const results = Number(process.env.DELIVER_RESULTS ?? 60)
const kills = Number(process.env.DELIVER_KILLS ?? 3)

let folder: string
let out: string
let targets: string
let receiver: HttpReceiver

const webhook = (changes: object = {}) => ({
  kind: 'webhook',
  name: 'worklist',
  url: receiver.url,
  secretFile: 'secret',
  allowPrivateAddress: true,
  ...changes,
})
const writeTargets = (...list: object[]) => writeFile(targets, JSON.stringify({ tenant: 'clinic', targets: list }))
/** Runs the command in this process; what it fails with is told. */
async function deliver(...more: string[]): Promise<{ code: number; stdout: string; failure: string | null }> {
  try {
    const { stdout, exitCode } = await runCommand(
      addDeliverCommand,
      ...['deliver', '--out', out, '--targets', targets, ...more],
    )
    return { code: exitCode ?? 0, stdout, failure: null }
  } catch (error) {
    return { code: 1, stdout: '', failure: (error as Error).message }
  }
}
/** Starts it as a process of its own, which can be killed. */
const start = (...more: string[]) => startPleura('deliver', '--out', out, '--targets', targets, '--json', ...more)
const reportsOf = ({ stdout }: { stdout: string }): DeliveryReport[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
const idsReceived = () => receiver.received.map(({ headers }) => headers['webhook-id'])

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pleura-deliver-'))
  out = join(folder, 'out')
  targets = join(folder, 'targets.json')
  receiver = await openHttpReceiver()
  await writeFile(join(folder, 'secret'), `whsec_${Buffer.alloc(32, 7).toString('base64')}\n`)
  await writeTargets(webhook())
})
afterEach(() => receiver.stop())

// Processes are slow to start on a loaded machine.
describe('pleura deliver', { timeout: 300_000 }, () => {
  it('delivers every result once, and nothing at the second run', async () => {
    for (const name of ['a', 'b', 'c']) await storeResult(out, { name })
    const first = await deliver('--once', '--json')
    expect(first).toMatchObject({ code: 0, failure: null })
    expect(reportsOf(first).map(({ target, outcome }) => [target, outcome])).toEqual(
      Array(3).fill(['worklist', 'delivered']),
    )
    expect(new Set(idsReceived()).size).toBe(3)
    const second = await deliver('--once')
    expect(second.code).toBe(0)
    expect(second.stdout).toMatch(/worklist\s+webhook\s+0/)
    expect(receiver.received).toHaveLength(3)
  })

  it('keeps what a target that is down does not take, and delays no other', async () => {
    for (const name of ['a', 'b', 'c']) await storeResult(out, { name })
    const down = await openHttpReceiver()
    const { port } = down
    await down.stop()
    await writeTargets(webhook({ name: 'down', url: `http://127.0.0.1:${port}` }), webhook())
    const first = await deliver('--once', '--json')
    expect(first.code).toBe(3)
    expect(reportsOf(first).map(({ target }) => target)).toEqual(Array(3).fill('worklist'))
    const back = await openHttpReceiver(undefined, port)
    const second = await deliver('--until-empty', '--json')
    expect(second.code).toBe(0)
    expect(back.received).toHaveLength(3)
    expect(receiver.received).toHaveLength(3)
    await back.stop()
  })

  it('sends again under the same id what a kill cut short, and loses nothing', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await storeResult(out, { name })
    receiver.answer = () => {}
    for (let kill = 0; kill < 2; kill++) {
      const before = receiver.received.length
      const { process: program, ended } = start('--until-empty')
      while (receiver.received.length <= before) await sleep(20)
      process.kill(-program.pid!, 'SIGKILL')
      await ended
      await receiver.left()
    }
    const cutShort = new Set(idsReceived())
    receiver.received.length = 0
    receiver.answer = (response) => response.writeHead(200).end()
    expect((await deliver('--until-empty')).code).toBe(0)
    expect(idsReceived()).toHaveLength(6)
    expect(new Set(idsReceived()).size).toBe(6)
    for (const id of cutShort) expect(idsReceived()).toContain(id)
    expect((await deliver('--once')).code).toBe(0)
    expect(receiver.received).toHaveLength(6)
  })

  it(`loses none of ${results} results over ${kills} kills at any moment`, async () => {
    for (let image = 0; image < results; image++) await storeResult(out, { name: String(image) })
    receiver.answer = (response) => setTimeout(() => response.writeHead(200).end(), 5)
    for (let kill = 0; kill < kills; kill++) {
      const before = receiver.received.length
      const { process: program, ended } = start()
      // Seeded: after another number of deliveries each time, and in another part of the next one.
      const more = (kill * 7919) % Math.floor(results / (kills + 1))
      while (receiver.received.length <= before + more) await sleep(1)
      await sleep((kill * 7919) % 13)
      process.kill(-program.pid!, 'SIGKILL')
      await ended
    }
    expect((await deliver('--until-empty')).code).toBe(0)
    expect(new Set(idsReceived()).size).toBe(results)
    // At most what was under way at each kill was sent twice.
    expect(receiver.received.length).toBeLessThanOrEqual(results + kills * 8)
    expect((await deliver('--once', '--json')).stdout).toBe('')
  })

  it('follows a folder: what comes is delivered, and SIGTERM ends it well', async () => {
    await storeResult(out, { name: 'a' })
    const { process: program, ended } = start()
    while (receiver.received.length < 1) await sleep(50)
    await storeResult(out, { name: 'b' })
    while (receiver.received.length < 2) await sleep(50)
    // Screened again by other models: the new result is told too.
    await storeResult(out, { name: 'a', screeningKey: 'd'.repeat(64) })
    while (receiver.received.length < 3) await sleep(50)
    program.kill('SIGTERM')
    expect((await ended).code).toBe(0)
    expect(new Set(idsReceived()).size).toBe(3)
  })

  it('refuses to deliver from a folder from which another delivers', async () => {
    await storeResult(out)
    const { process: program, ended } = start()
    while (receiver.received.length < 1) await sleep(50)
    const second = await deliver('--once')
    expect(second.failure).toMatch(/in use by pleura deliver/)
    program.kill('SIGTERM')
    await ended
  })

  it('lists what was given up, with the reason, and sends it again without screening', async () => {
    const { imageId } = await storeResult(out)
    receiver.answer = (response) => response.writeHead(422).end('patient Doe^Jane')
    expect((await deliver('--once')).code).toBe(3)
    const listed = await deliver('--list-dead', '--json')
    expect(listed.code).toBe(3)
    expect(JSON.parse(listed.stdout)).toMatchObject({ target: 'worklist', imageId, reason: 'http-422', attempts: 1 })
    expect((await deliver('--list-dead')).stdout).toMatch(/http-422/)
    expect(listed.stdout).not.toContain('Doe')
    receiver.answer = (response) => response.writeHead(200).end()
    expect((await deliver('--once')).code).toBe(3)
    expect(await deliver('--redeliver', 'dead')).toMatchObject({ code: 0 })
    expect((await deliver('--once')).code).toBe(0)
    expect(new Set(idsReceived()).size).toBe(1)
    expect((await deliver('--list-dead')).stdout).toBe('No dead letters.\n')
  })

  it('sends one image again on request, under the same id, also to a program that runs', async () => {
    const { imageId } = await storeResult(out)
    const { process: program, ended } = start()
    while (receiver.received.length < 1) await sleep(50)
    await sleep(200)
    expect((await deliver('--redeliver', imageId, '--target', 'worklist')).code).toBe(0)
    while (receiver.received.length < 2) await sleep(50)
    program.kill('SIGTERM')
    await ended
    expect(new Set(idsReceived()).size).toBe(1)
    expect((await deliver('--redeliver', 'f'.repeat(32))).failure).toMatch(/holds no result of image/)
  })

  it('delivers the others, and says so, where a result cannot be read', async () => {
    await storeResult(out, { name: 'good' })
    const bad = join(out, 'e'.repeat(32))
    await mkdir(bad, { recursive: true })
    await writeFile(join(bad, 'result.json'), '{"schemaVersion":2}')
    await mkdir(join(out, 'd'.repeat(32)))
    const run = await deliver('--once')
    expect(run.code).toBe(3)
    expect(run.stdout).toMatch(/1 results cannot be read/)
    expect(receiver.received).toHaveLength(1)
  })

  it('says that there is nothing to send, and why, and sends what is made later', async () => {
    const png = { ...facts, format: 'png' as const, sopInstanceUid: null, studyInstanceUid: null }
    await storeResult(out, { name: 'png', facts: png, identity: null })
    await storeResult(out, { name: 'not asked for', requestedDocuments: ['hl7-message'] })
    await writeTargets({ kind: 'fhir', name: 'ehr', url: receiver.url, allowPrivateAddress: true })
    const first = await deliver('--once', '--json')
    expect(first.code).toBe(0)
    expect(
      reportsOf(first)
        .map(({ outcome, reason }) => [outcome, reason])
        .sort(),
    ).toEqual([
      ['nothing-to-send', 'image-has-none'],
      ['nothing-to-send', 'not-asked-for'],
    ])
    expect(receiver.received).toEqual([])
    await storeResult(out, { name: 'not asked for', requestedDocuments: ['fhir-bundle'] })
    receiver.answer = (response, { body }) => {
      const { entry } = JSON.parse(body.toString())
      const answers = entry.map(() => ({ response: { status: '201' } }))
      response.writeHead(200).end(JSON.stringify({ resourceType: 'Bundle', entry: answers }))
    }
    expect(reportsOf(await deliver('--once', '--json'))).toMatchObject([{ target: 'ehr', outcome: 'delivered' }])
  })

  it('sends nothing of before the moment since which a target wants results', async () => {
    await storeResult(out, { name: 'before' })
    await storeResult(out, { name: 'since', analysedAt: new Date('2026-05-01T00:00:00Z') })
    await writeTargets(webhook({ since: '2026-04-01T00:00:00Z' }))
    expect((await deliver('--once')).code).toBe(0)
    expect(receiver.received).toHaveLength(1)
  })

  it.each([
    ['a folder without results', [], 0, /worklist/],
    ['a folder that is not there', ['--once', '--out', 'none'], 1, /There is no folder none/],
    ['targets that are not there', ['--targets', 'none.json'], 1, /none\.json cannot be read \(ENOENT\)/],
    ['a target of another name', ['--redeliver', 'dead', '--target', 'x'], 1, /There is no target 'x'/],
    ['--target without a use', ['--once', '--target', 'worklist'], 1, /goes with/],
    ['what cannot be sent again', ['--redeliver', 'all'], 1, /expected 'dead' or an imageId/],
    ['two ways to end', ['--once', '--until-empty'], 1, /cannot be used with/],
  ])('answers %s', async (_, options, code, text) => {
    await mkdir(out)
    const run = await deliver(...(options.length === 0 ? ['--once'] : options))
    expect(run.code).toBe(code)
    expect(code === 0 ? run.stdout : run.failure).toMatch(text)
  })
})
