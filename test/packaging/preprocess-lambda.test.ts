import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { drawPhantom } from '../../lib/phantom/draw-phantom.ts'
import { encodePhantom } from '../../lib/phantom/encode-phantom.ts'
import { phantomIdentity } from '../../lib/phantom/phantom-elements.ts'
import { phantomFormats, planPhantom } from '../../lib/phantom/plan-phantom.ts'
import { type Cloud, createCloud, drain } from '../cloud/harness/create-cloud.ts'
import { studyKeyArn } from '../cloud/harness/run-preprocess.ts'
import { type StandIn, startStandIn } from '../cloud/harness/start-stand-in.ts'
import { buildAssets } from './build-assets.ts'

/** What Lambda's runtime does with a bundle: imports it, calls its handler. */
const invoke = `
  import(process.argv[2])
    .then(({ handler }) => handler(JSON.parse(process.env.TEST_EVENT)))
    .then((answer) => { console.log('ANSWER ' + JSON.stringify(answer)); process.exit(0) })
`

let standIn: StandIn
let cloud: Cloud
let assets: string
beforeAll(async () => {
  standIn = await startStandIn()
  cloud = await createCloud(standIn.endpoint)
  assets = buildAssets('x64')
})
afterAll(() => standIn.stop())

async function run(event: unknown, environment: Record<string, string> = {}) {
  const program = join(assets, 'invoke.mjs')
  writeFileSync(program, invoke)
  return promisify(execFile)('node', [program, join(assets, 'preprocess/main.mjs')], {
    cwd: '/',
    env: { PATH: process.env.PATH, ...cloud.environment, ...environment, TEST_EVENT: JSON.stringify(event) },
  })
}

const environment = () => ({
  STUDY_BUCKET: cloud.bucket,
  STUDY_KEY_ARN: studyKeyArn,
  UPLOAD_QUEUE_URL: cloud.uploads.url,
  STAT_UPLOADS_QUEUE_URL: cloud.statUploads.url,
  ROUTINE_UPLOADS_QUEUE_URL: cloud.routineUploads.url,
  STAT_QUEUE_URL: cloud.stat.url,
  ROUTINE_QUEUE_URL: cloud.routine.url,
  TENANTS_PARAMETER_PATH: cloud.tenantsPath,
  EVENT_BUS_NAME: cloud.busName,
  MAXIMUM_UPLOAD_BYTES: '10000000',
})

it('prepares a study of every transfer syntax out of its own folder alone', async () => {
  for (const [index, format] of phantomFormats.entries()) {
    const { options } = planPhantom(7, index, { rows: 256, columns: 256 })
    const phantom = drawPhantom(options)
    const Body = await encodePhantom(phantom, format, phantomIdentity(index, 'packaging'))
    await cloud.clients.s3.send(new PutObjectCommand({ Bucket: cloud.bucket, Key: `uploads/north/${index}.dcm`, Body }))
  }
  const deliver = async (url: string): Promise<string> => {
    const bodies = await drain(cloud.clients.sqs, url)
    const Records = bodies.map((body, index) => ({
      body,
      messageId: String(index),
      receiptHandle: 'none',
      attributes: { ApproximateReceiveCount: '1' },
    }))
    return (await run({ Records }, environment())).stdout
  }
  // S3's notifications are sorted into lanes; what waits there is prepared.
  expect(await deliver(cloud.uploads.url)).toContain('ANSWER {"batchItemFailures":[]}')
  const stdout = await deliver(cloud.routineUploads.url)
  expect(stdout.split('\n').filter((line) => line.includes('not-analysed'))).toEqual([])
  expect(stdout).toContain('ANSWER {"batchItemFailures":[]}')
  expect(await drain(cloud.clients.sqs, cloud.routine.url)).toHaveLength(phantomFormats.length)
})

it('fails its cold start with every variable that is missing', async () => {
  const failure = await run({ Records: [] }).catch((error: { stderr: string }) => error)
  for (const name of Object.keys(environment())) expect(failure.stderr).toContain(name)
})
