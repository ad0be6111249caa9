import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { FolderObjectStore } from '../../lib/adapters/embedded/folder-object-store.ts'
import { addUsageCommand } from '../../lib/cli/usage-command.ts'
import { ConfigurationError } from '../../lib/screening/kernel/errors.ts'
import { sha256Hex } from '../../lib/screening/kernel/identifiers.ts'
import { ObjectNotFoundError, type ObjectStore } from '../../lib/screening/kernel/ports.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { ExponentialHistogram } from '../../lib/screening/usage/exponential-histogram.ts'
import { isDamaged, readUsage } from '../../lib/screening/usage/read-usage.ts'
import type { UsageReceipt } from '../../lib/screening/usage/usage-receipt.ts'
import { UsageTally } from '../../lib/screening/usage/usage-summary.ts'
import { buildRejectedResult } from './build-rejected-result.ts'
import { buildUsageReceipt } from './build-usage-receipt.ts'
import { runCommand } from './run-command.ts'

const tenant = 'north'
const month = '2026-11'
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

let folder: string
let store: FolderObjectStore
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pleura-usage-'))
  store = new FolderObjectStore(folder)
})

const keyOf = ({ imageId, screeningKey }: UsageReceipt, inMonth = month): string =>
  studyKeys.usageReceipt(tenant, inMonth, imageId, screeningKey)

async function bill(receipt: UsageReceipt, options: { admit?: boolean; month?: string } = {}): Promise<void> {
  await store.put(keyOf(receipt, options.month), encode(receipt))
  if (options.admit !== false) await admit(receipt.imageId)
}

const admit = (imageId: string): Promise<boolean> =>
  store.put(studyKeys.admission(tenant, month, imageId), new Uint8Array())

const run = (...args: string[]) =>
  runCommand(addUsageCommand, 'usage', '--tenant', tenant, '--month', month, '--store', folder, ...args)

const summary = async () => {
  const { stdout, exitCode } = await run('--json')
  return { exitCode, sums: JSON.parse(stdout) }
}

describe('pleura usage', () => {
  it('sums receipts by outcome, lane, bundles and stage', async () => {
    for (let number = 0; number < 10; number++) {
      await bill(buildUsageReceipt(number, { lane: number < 3 ? 'stat' : 'routine' }))
    }
    const { sums, exitCode } = await summary()
    expect(exitCode).toBe(0)
    expect(sums).toMatchObject({
      tenant,
      month,
      receipts: 10,
      images: 10,
      byOutcome: { suspected: 2, 'not-suspected': 8 },
      byLane: { stat: 3, routine: 7 },
      byModels: [{ models: buildUsageReceipt(0).models, receipts: 10 }],
      cold: 1,
      coldShare: 0.1,
      admissions: { admitted: 10, billed: 10, notBilled: {}, billedWithoutAdmission: 0 },
      damaged: { count: 0, named: [] },
    })
    expect(sums.estimatedCostUsd).toBeCloseTo(0.02, 12)
    expect(sums.stagesMs.decode).toMatchObject({ images: 10, mean: 104.5, maximum: 109 })
    expect(sums.stagesMs.decode.p50 / 104).toBeCloseTo(1, 1)
  })

  it('has nothing to sum in a month without usage', async () => {
    const { sums, exitCode } = await summary()
    expect(exitCode).toBe(0)
    expect(sums).toMatchObject({ receipts: 0, images: 0, coldShare: 0, estimatedCostUsd: 0 })
    expect((await run()).stdout).toContain('images billed')
  })

  it('leaves out what other tenants and months have', async () => {
    await bill(buildUsageReceipt(1))
    const other = buildUsageReceipt(2, { tenant: 'north-2' })
    await store.put(studyKeys.usageReceipt('north-2', month, other.imageId, other.screeningKey), encode(other))
    await bill(buildUsageReceipt(3), { month: '2026-10', admit: false })
    expect((await summary()).sums.receipts).toBe(1)
  })

  it('counts an image analysed by two bundles once as an image and twice as a receipt', async () => {
    await bill(buildUsageReceipt(1))
    await bill(buildUsageReceipt(1, { screeningKey: sha256Hex('other bundles') }))
    const { sums } = await summary()
    expect(sums).toMatchObject({ images: 1, receipts: 2, admissions: { admitted: 1, billed: 1 } })
  })

  it.each([
    ['no JSON', '{"schemaVersion":', 'document'],
    ['another schema', JSON.stringify({ ...buildUsageReceipt(7), estimatedCostUsd: -1 }), 'estimatedCostUsd'],
    ['another tenant', JSON.stringify({ ...buildUsageReceipt(7), tenant: 'south' }), "belongs to tenant 'south'"],
    ['another image', JSON.stringify(buildUsageReceipt(8)), 'belongs to another image'],
  ])('names a receipt of %s, leaves it out of the sums and ends with 3', async (_, text, problem) => {
    await bill(buildUsageReceipt(1))
    const damaged = buildUsageReceipt(7)
    await admit(damaged.imageId)
    await store.put(keyOf(damaged), new TextEncoder().encode(text))
    const { stderr, stdout, exitCode } = await run('--json')
    expect(exitCode).toBe(3)
    expect(stderr).toContain(keyOf(damaged))
    expect(stderr).toContain(problem)
    expect(JSON.parse(stdout)).toMatchObject({
      receipts: 1,
      damaged: { count: 1 },
      admissions: { admitted: 2, billed: 1, notBilled: { 'damaged receipt': 1 } },
    })
  })

  it('names objects that no program of ours wrote', async () => {
    await store.put(`${studyKeys.usageReceipts(tenant, month)}backup.json`, encode(buildUsageReceipt(1)))
    const { sums, exitCode } = await summary()
    expect(exitCode).toBe(3)
    expect(sums).toMatchObject({ receipts: 0, damaged: { count: 1 } })
  })

  it('says why admitted images are not billed', async () => {
    const [rejected, failed, unfinished, billedLater, billedBefore] = [20, 21, 22, 23, 24].map((n) =>
      buildUsageReceipt(n),
    )
    for (const { imageId } of [rejected, failed, unfinished, billedLater, billedBefore]) await admit(imageId)
    const document = buildRejectedResult(rejected.imageId, 'blank')
    const prefix = studyKeys.resultPrefix(tenant, rejected.imageId, document.screeningKey)
    await store.put(`${prefix}result.json`, encode(document))
    await store.put(studyKeys.failure(tenant, failed.imageId), encode({}))
    await bill(billedLater, { month: '2026-12', admit: false })
    await bill(billedBefore, { month: '2026-10', admit: false })
    const { sums } = await summary()
    expect(sums.admissions).toEqual({
      admitted: 5,
      billed: 0,
      billedWithoutAdmission: 0,
      notBilled: {
        'rejected: blank': 1,
        failed: 1,
        'not finished': 1,
        'billed in 2026-12': 1,
        'billed in 2026-10': 1,
      },
    })
    expect((await run()).stdout).toContain('1 rejected: blank')
  })

  it('takes an image that one of its results analysed for one to be billed, and a damaged result for one that may be', async () => {
    const [analysed, doubtful] = [30, 31].map((number) => buildUsageReceipt(number))
    const example = join(import.meta.dirname, '../../docs/reference/examples/suspected/result.json')
    const suspected = await readFile(example)
    const rejected = encode(buildRejectedResult(doubtful.imageId, 'blank'))
    const put = (imageId: string, screening: string, document: Uint8Array) =>
      store.put(`${studyKeys.resultPrefix(tenant, imageId, sha256Hex(screening))}result.json`, document)
    const keys = ['a', 'b', 'c'].sort((one, other) => (sha256Hex(one) < sha256Hex(other) ? -1 : 1))
    for (const [number, document] of [encode({}), rejected, suspected].entries()) {
      await put(analysed.imageId, keys[number], document)
    }
    for (const [number, document] of [encode({}), rejected].entries())
      await put(doubtful.imageId, keys[number], document)
    for (const { imageId } of [analysed, doubtful]) await admit(imageId)
    expect((await summary()).sums.admissions.notBilled).toEqual({ 'result without receipt': 1, 'damaged result': 1 })
  })

  it('passes over what its lifecycle deletes while it reads', async () => {
    const [gone, unbilled, billed] = [1, 2, 3].map((number) => buildUsageReceipt(number))
    await bill(gone)
    await bill(billed)
    await admit(unbilled.imageId)
    const prefix = studyKeys.resultPrefix(tenant, unbilled.imageId, unbilled.screeningKey)
    await store.put(`${prefix}result.json`, encode({}))
    const deleted = [keyOf(gone), `${prefix}result.json`]
    const deleting: ObjectStore = Object.assign(Object.create(store), {
      put: store.put.bind(store),
      exists: store.exists.bind(store),
      list: store.list.bind(store),
      get: (key: string) => (deleted.includes(key) ? Promise.reject(new ObjectNotFoundError(key)) : store.get(key)),
    })
    const usage = new Map<string, unknown>()
    for await (const image of readUsage(deleting, tenant, month)) {
      if (!isDamaged(image)) usage.set(image.imageId, image)
    }
    expect(usage.get(gone.imageId)).toMatchObject({ receipts: [], damaged: [], unbilledReason: 'not finished' })
    expect(usage.get(unbilled.imageId)).toMatchObject({ receipts: [], damaged: [], unbilledReason: 'not finished' })
    expect(usage.get(billed.imageId)).toMatchObject({ receipts: [billed], unbilledReason: null })
  })

  it('tells receipts without an admission in this month', async () => {
    await bill(buildUsageReceipt(1), { admit: false })
    expect((await summary()).sums.admissions).toMatchObject({ admitted: 0, billed: 0, billedWithoutAdmission: 1 })
  })

  it('prints one CSV line for each receipt', async () => {
    for (let number = 0; number < 3; number++) await bill(buildUsageReceipt(number))
    const { stdout } = await run('--csv')
    const [header, ...lines] = stdout.trim().split('\n')
    expect(header).toMatch(/^imageId,outcome,/)
    expect(lines).toHaveLength(3)
    expect(lines.join('\n')).toContain(`${buildUsageReceipt(0).imageId},suspected,routine,2026-11-05T08:30:00.000Z,`)
  })

  it('prints either the sums as JSON or a line for each receipt', async () => {
    await expect(run('--json', '--csv')).rejects.toMatchObject({ code: 'commander.conflictingOption' })
  })

  it('asks for a bucket or a folder', async () => {
    await expect(runCommand(addUsageCommand, 'usage', '--tenant', tenant, '--month', month)).rejects.toThrow(
      ConfigurationError,
    )
    await expect(run('--bucket', 'studies')).rejects.toThrow(ConfigurationError)
  })

  it.each([
    ['--month', '2026-13'],
    ['--month', '11/2026'],
    ['--tenant', '../south'],
  ])('refuses %s %s', async (option, value) => {
    await expect(run(option, value)).rejects.toMatchObject({ code: 'commander.invalidArgument' })
  })
})

describe('a month of many receipts', () => {
  it('is read in memory that does not grow, 32 images at a time', async () => {
    const months = new GeneratedMonth(60_000)
    const tally = new UsageTally()
    for await (const usage of readUsage(months, tenant, month)) tally.add(usage)
    const sums = tally.summarise(tenant, month)
    expect(sums).toMatchObject({ receipts: 60_000, images: 60_000, admissions: { admitted: 60_000, billed: 60_000 } })
    expect(sums.estimatedCostUsd).toBeCloseTo(120, 6)
    expect(months.furthestAhead).toBeLessThanOrEqual(32)
    expect(months.mostAtOnce).toBe(32)
  })
})

describe('ExponentialHistogram', () => {
  it.each([0.5, 0.9, 0.99, 1])('gives quantile %d to within 1 %', (fraction) => {
    const values = Array.from({ length: 5000 }, (_, n) => 0.01 * 1.003 ** n)
    const histogram = new ExponentialHistogram()
    for (const value of values) histogram.add(value)
    const exact = values[Math.ceil(fraction * values.length) - 1]
    expect(Math.abs(histogram.quantile(fraction) / exact - 1)).toBeLessThan(0.01)
  })

  it('keeps zeros apart and is empty at first', () => {
    const histogram = new ExponentialHistogram()
    expect([histogram.quantile(0.5), histogram.mean, histogram.maximum]).toEqual([0, 0, 0])
    for (const value of [0, 0, 0, 5]) histogram.add(value)
    expect(histogram.quantile(0.75)).toBe(0)
    expect(histogram.quantile(0.99)).toBeCloseTo(5, 1)
    expect(histogram.mean).toBe(1.25)
  })
})

/** A month whose objects are made when they are asked for: what is held of it is what the reader holds. */
class GeneratedMonth implements ObjectStore {
  readonly #count: number
  #listed = 0
  #read = 0
  #running = 0
  furthestAhead = 0
  mostAtOnce = 0

  constructor(count: number) {
    this.#count = count
  }

  async *list(prefix: string): AsyncIterable<string> {
    for (let number = 0; number < this.#count; number++) {
      const imageId = number.toString(16).padStart(32, '0')
      if (prefix === studyKeys.admissions(tenant, month)) yield studyKeys.admission(tenant, month, imageId)
      else {
        this.#listed++
        this.furthestAhead = Math.max(this.furthestAhead, this.#listed - this.#read - 2)
        yield studyKeys.usageReceipt(tenant, month, imageId, sha256Hex('screening'))
      }
    }
  }

  async get(key: string): Promise<Uint8Array> {
    const imageId = key.match(/receipts\/([0-9a-f]{32})/)?.[1]
    if (imageId === undefined) throw new ObjectNotFoundError(key)
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#running)
    await new Promise(setImmediate)
    this.#running--
    this.#read++
    return encode(buildUsageReceipt(1, { imageId }))
  }

  put = (): Promise<boolean> => Promise.reject(new Error('nothing writes here'))
  exists = (): Promise<boolean> => Promise.resolve(false)
  delete = (): Promise<void> => Promise.reject(new Error('nothing deletes here'))
}
