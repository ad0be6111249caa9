import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { addUsageCommand } from '../../lib/cli/usage-command.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import type { UsageReceipt } from '../../lib/screening/usage/usage-receipt.ts'
import { buildUsageReceipt } from '../cli/build-usage-receipt.ts'
import { runCommand } from '../cli/run-command.ts'
import { createCloud } from './harness/create-cloud.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'

let standIn: StandIn
beforeAll(async () => {
  standIn = await startStandIn()
})
afterAll(() => standIn.stop())
afterEach(() => vi.unstubAllEnvs())

it('sums the receipts of a bucket over more than one page of keys', async () => {
  const { bucket, clients, environment } = await createCloud(standIn.endpoint)
  const store = new S3ObjectStore(clients.s3, bucket)
  const receipts = Array.from({ length: 1010 }, (_, number) => buildUsageReceipt(number))
  const put = (receipt: UsageReceipt) =>
    store.put(
      studyKeys.usageReceipt('north', '2026-11', receipt.imageId, receipt.screeningKey),
      new TextEncoder().encode(JSON.stringify(receipt)),
    )
  for (let start = 0; start < receipts.length; start += 50)
    await Promise.all(receipts.slice(start, start + 50).map(put))
  for (const { imageId } of receipts.slice(0, 20)) {
    await store.put(studyKeys.admission('north', '2026-11', imageId), new Uint8Array())
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const place = ['--tenant', 'north', '--month', '2026-11', '--bucket', bucket]
  const { stdout, exitCode } = await runCommand(addUsageCommand, 'usage', ...place, '--json')
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    receipts: 1010,
    images: 1010,
    byOutcome: { suspected: 202, 'not-suspected': 808 },
    admissions: { admitted: 20, billed: 20, billedWithoutAdmission: 990 },
  })
})
