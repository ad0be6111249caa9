import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { addSmokeCommand } from '../../lib/cli/smoke-command.ts'
import { defaultModelsFolder } from '../../lib/embedded/package-root.ts'
import { runCommand } from '../cli/run-command.ts'
import { type Cloud, type CloudOptions, createCloud } from './harness/create-cloud.ts'
import { deliverUploads, openPreprocessing } from './harness/run-preprocess.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'
import { type BuiltWorker, buildWorker } from './worker/build-worker.ts'
import { startWorker } from './worker/start-worker.ts'

let standIn: StandIn
let worker: BuiltWorker
beforeAll(async () => {
  standIn = await startStandIn()
  worker = await buildWorker()
})
afterEach(() => vi.unstubAllEnvs())
afterAll(async () => {
  worker.remove()
  await standIn.stop()
})

async function deploy(options: CloudOptions = {}): Promise<Cloud> {
  const cloud = await createCloud(standIn.endpoint, options)
  for (const [name, value] of Object.entries(cloud.environment)) vi.stubEnv(name, value)
  return cloud
}

/** What runs in the cloud once something was uploaded: preprocessing, and then, if told so, one worker. */
async function runOtherSide(cloud: Cloud, withWorker: boolean): Promise<void> {
  const preprocessing = await openPreprocessing(cloud, {}, defaultModelsFolder)
  while ((await deliverUploads(cloud, preprocessing)) === 0) await sleep(200)
  if (!withWorker) return
  const { ended } = startWorker(worker.program, cloud, standIn.endpoint, { MODELS_FOLDER: defaultModelsFolder })
  expect(await ended).toBe(0)
}

const smoke = ({ bucket }: Cloud, ...args: string[]) =>
  runCommand(addSmokeCommand, 'smoke', '--bucket', bucket, '--tenant', 'north', '--timeout-minutes', '1.8', ...args)

it.each([
  ['routine', []],
  ['stat', []],
  ['routine', ['--no-mask']],
] as const)('passes with the deployed programs and the shipped networks, lane %s %s', async (lane, args) => {
  const deliverMask = args.length === 0
  const cloud = await deploy({ tenants: [{ id: 'north', lanes: ['stat', 'routine'], deliverMask }] })
  const [{ stdout, exitCode }] = await Promise.all([
    // A phantom that the shipped networks suspect, so that the whole way is walked.
    smoke(cloud, '--lane', lane, '--seed', '2', '--json', ...args),
    runOtherSide(cloud, true),
  ])
  const report = JSON.parse(stdout)
  expect(report.checks.filter(({ passed }: { passed: boolean }) => !passed)).toEqual([])
  expect(exitCode).toBe(0)
  expect(report).toMatchObject({ outcome: 'suspected', cold: true, advice: [] })
  expect(report.checks.map(({ check }: { check: string }) => check).includes('mask.png of a suspected image')).toBe(
    deliverMask,
  )
  expect(Object.keys(report.stagesMs)).toEqual(expect.arrayContaining(['decode', 'queue', 'classification']))
})

it('says that no worker came, and what waits in the queue', async () => {
  const cloud = await deploy()
  const [{ stdout, exitCode }] = await Promise.all([
    smoke(cloud, '--timeout-minutes', '0.4', '--queue-url', cloud.routine.url),
    runOtherSide(cloud, false),
  ])
  expect(exitCode).toBe(3)
  expect(stdout).toMatch(/result\.json +FAILED/)
  expect(stdout).toContain(`About 1 messages in ${cloud.routine.url}`)
  expect(stdout).toContain('No worker took the job')
})

it('fails when the tenant is refused, with the remedy', async () => {
  const cloud = await deploy({ tenants: [{ id: 'north', monthlyQuotaImages: 0 }] })
  const [{ stdout, exitCode }] = await Promise.all([smoke(cloud), runOtherSide(cloud, false)])
  expect(exitCode).toBe(3)
  expect(stdout).toContain('not-analysed: quota-exceeded')
  expect(stdout).toContain('Raise the quota')
})
