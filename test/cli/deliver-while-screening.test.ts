import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { addDeliverCommand } from '../../lib/cli/deliver-command.ts'
import { defaultSettings } from '../../lib/embedded/screening-settings.ts'
import { FolderWatch } from '../../lib/embedded/watch-folder.ts'
import { writePhantomSet } from '../../lib/phantom/write-phantom-set.ts'
import { type HttpReceiver, openHttpReceiver } from '../delivery/http-receiver.ts'
import { storeResult } from '../delivery/stored-result.ts'
import { runCommand } from './run-command.ts'
import { readResults, runPleura } from './run-pleura.ts'

// In this process signals are the test runner's.
vi.mock('../../lib/cli/stop-on-interrupt.ts', () => ({ stopOnInterrupt: () => new AbortController().signal }))

let studies: string
let folder: string
let out: string
let targets: string
let receiver: HttpReceiver

beforeAll(async () => {
  const made = await mkdtemp(join(tmpdir(), 'pleura-studies-'))
  await writePhantomSet({ count: 2, outDir: made, seed: 11, rows: 256 })
  studies = join(made, 'dicom-images-train')
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pleura-screen-deliver-'))
  out = join(folder, 'out')
  targets = join(folder, 'targets.json')
  receiver = await openHttpReceiver()
  await writeFile(join(folder, 'secret'), `whsec_${Buffer.alloc(32, 7).toString('base64')}`)
  await writeTargets()
})
afterEach(() => receiver.stop())

const writeTargets = (changes: object = {}, ...more: object[]) =>
  writeFile(
    targets,
    JSON.stringify({
      tenant: 'clinic',
      targets: [
        { kind: 'webhook', name: 'worklist', url: receiver.url, secretFile: 'secret', allowPrivateAddress: true },
        ...more,
      ],
      ...changes,
    }),
  )
const deliverOnce = () => ['deliver', '--out', out, '--targets', targets, '--once']
const idsReceived = () => receiver.received.map(({ headers }) => headers['webhook-id'])

// Processes are slow to start on a loaded machine.
describe('screening with --deliver', { timeout: 300_000 }, () => {
  it('delivers each result, also of an earlier run, and makes the documents that a target gets', async () => {
    await storeResult(out, { name: 'earlier' })
    const fhir = await openHttpReceiver((response, { body }) => {
      const { entry } = JSON.parse(body.toString())
      const answers = entry.map(() => ({ response: { status: '201' } }))
      response.writeHead(200).end(JSON.stringify({ resourceType: 'Bundle', entry: answers }))
    })
    await writeTargets({}, { kind: 'fhir', name: 'ehr', url: fhir.url, allowPrivateAddress: true })
    const run = await runPleura('screen', studies, '--out', out, '--deliver', targets)
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toMatch(/worklist +webhook +3 .*\n.*ehr +fhir +3 /)
    expect(new Set(idsReceived()).size).toBe(3)
    expect(receiver.received).toHaveLength(3)
    expect(fhir.received).toHaveLength(3)
    await fhir.stop()
  })

  it('says what a target did not take, and deliver sends it without screening', async () => {
    receiver.answer = (response) => response.writeHead(503).end()
    const run = await runPleura('screen', studies, '--out', out, '--deliver', targets, '--json')
    expect(run.code).toBe(3)
    expect(run.stdout.trim().split('\n')).toHaveLength(2)
    const before = await Promise.all((await readResults(out)).map(({ imageId }) => resultOf(imageId!)))
    receiver.answer = (response) => response.writeHead(200).end()
    receiver.received.length = 0
    expect((await runCommand(addDeliverCommand, ...deliverOnce())).exitCode).toBe(0)
    expect(new Set(idsReceived()).size).toBe(2)
    expect(await Promise.all((await readResults(out)).map(({ imageId }) => resultOf(imageId!)))).toEqual(before)
  })

  it('is watched too', async () => {
    const run = await runPleura(
      'watch',
      studies,
      '--out',
      out,
      '--deliver',
      targets,
      '--until-empty',
      '--interval',
      '50',
    )
    expect(run.code).toBe(0)
    expect(new Set(idsReceived()).size).toBe(2)
  })

  it('refuses to screen in full for targets that are to get a flag only', async () => {
    await writeTargets({ mode: 'triage' })
    const run = await runPleura('screen', studies, '--out', out, '--deliver', targets)
    expect(run).toMatchObject({ code: 1, stderr: expect.stringMatching(/Add --mode triage/) })
    expect(receiver.received).toEqual([])
  })

  it('keeps no line of a result that could not be told of, and tells of it at the next run', async () => {
    const settings = defaultSettings(out)
    const options = {
      concurrency: 1,
      log() {},
      intervalMs: 50,
      untilEmpty: true,
      signal: new AbortController().signal,
      onStudy() {},
    }
    const onResult = () => Promise.reject(Object.assign(new Error('no room'), { code: 'ENOSPC' }))
    await expect(FolderWatch.run(studies, settings, { ...options, onResult })).rejects.toThrow('no room')
    expect(await readResults(out)).toEqual([])
    expect((await readdir(out)).some((name) => /^[0-9a-f]{32}$/.test(name))).toBe(true)
    const told = new Set<string>()
    await FolderWatch.run(studies, settings, {
      ...options,
      onResult: async ({ imageId }) => {
        expect((await readResults(out)).some((line) => line.imageId === imageId)).toBe(false)
        told.add(imageId)
      },
    })
    expect(told.size).toBe(2)
    expect(await readResults(out)).toHaveLength(2)
  })
})

const resultOf = (imageId: string): Promise<string> => readFile(join(out, imageId, 'result.json'), 'utf8')
