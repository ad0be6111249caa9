import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createCodecs } from '../../lib/adapters/codecs/create-codecs.ts'
import { FolderObjectStore } from '../../lib/adapters/embedded/folder-object-store.ts'
import {
  drawSmokePhantom,
  runSmokeTest,
  type SmokeReport,
  type SmokeSettings,
} from '../../lib/operations/smoke-test.ts'
import { imageIdOf, sha256Hex } from '../../lib/screening/kernel/identifiers.ts'
import { studyKeys, uploadIdOf } from '../../lib/screening/screening-job/study-keys.ts'
import type { UploadReceipt } from '../../lib/screening/screening-job/upload-receipt.ts'
import { buildRejectedResult } from '../cli/build-rejected-result.ts'
import {
  analysedAt,
  buildSuspectedResult,
  mask,
  resultPrefixOf,
  tenant,
  writeSuspected,
  writeUsage,
} from './write-smoke-result.ts'

const phantom = new TextEncoder().encode('stands for a DICOM file')
const imageId = imageIdOf(phantom)
const codecs = createCodecs()
afterAll(() => codecs.close())

let store: FolderObjectStore
/** What the other side does in the n-th pause between two looks; a pause lasts a second of the test's clock. */
let pauses: (() => Promise<unknown>)[]
let uploads: string[]
let stages: string[]
beforeEach(async () => {
  store = new FolderObjectStore(await mkdtemp(join(tmpdir(), 'pleura-smoke-')))
  pauses = []
  uploads = []
  stages = []
})

function smoke(changes: Partial<SmokeSettings> = {}): Promise<SmokeReport> {
  let now = 0
  return runSmokeTest(
    { tenant, lane: 'routine', phantom, expectMask: true, timeoutMs: 60_000, pollMs: 1000, ...changes },
    {
      store,
      codecs,
      clock: { now: () => now, monotonic: () => now },
      upload: async (key) => {
        uploads.push(key)
        return ['version-1', 'etag-1']
      },
      sleep: async (ms) => {
        now += ms
        await pauses.shift()?.()
      },
      onStage: (stage) => stages.push(stage),
    },
  )
}

const uploadIdNow = (version = 'version-1'): string => uploadIdOf(uploads[0], version)

async function putJson(key: string, document: unknown): Promise<void> {
  await store.put(key, new TextEncoder().encode(JSON.stringify(document)))
}

const answer = (changes: Partial<UploadReceipt> = {}, version = 'version-1') => {
  const uploadId = uploadIdNow(version)
  const receipt: UploadReceipt = {
    schemaVersion: 1,
    uploadId,
    tenant,
    key: uploads[0],
    imageId,
    outcome: 'queued',
    duplicate: false,
    lane: 'routine',
    results: studyKeys.resultsOfImage(tenant, imageId),
    resultKey: `${resultPrefixOf(buildSuspectedResult(imageId))}result.json`,
    receivedAt: analysedAt,
    ...changes,
  }
  return putJson(studyKeys.uploadReceipt(tenant, uploadId), receipt)
}

const nothing = async () => {}
const failedChecks = ({ checks }: SmokeReport): string[] => checks.filter(({ passed }) => !passed).map((c) => c.check)

describe('the smoke test', () => {
  it('passes when every document appears and holds, and says how long each took', async () => {
    const result = buildSuspectedResult(imageId)
    pauses = [
      nothing,
      () => answer(),
      nothing,
      () => writeSuspected(store, codecs, result),
      () => writeUsage(store, result),
    ]
    const report = await smoke()
    expect(failedChecks(report)).toEqual([])
    expect(report).toMatchObject({
      imageId,
      outcome: 'suspected',
      resultKey: `${resultPrefixOf(result)}result.json`,
      waitedMs: { receipt: 2000, result: 2000, usage: 1000 },
      stagesMs: { classification: 40 },
      cold: true,
      advice: [],
    })
    expect(report.checks.map(({ check }) => check)).toContain("its pixels are the result's run-length code")
    expect(stages).toEqual([
      'uploading',
      'waiting for the upload receipt',
      'waiting for the result',
      'waiting for the usage receipt',
    ])
  })

  it.each([
    ['routine', `uploads/${tenant}/smoke/${imageId}.dcm`],
    ['stat', `uploads/${tenant}/stat/smoke/${imageId}.dcm`],
  ] as const)('uploads to lane %s as %s', async (lane, key) => {
    await smoke({ lane, timeoutMs: 0 })
    expect(uploads).toEqual([key])
  })

  it('finds the receipt of an upload whose notification had no version', async () => {
    pauses = [() => answer({}, 'etag-1')]
    expect(failedChecks(await smoke())).toEqual(['result.json'])
  })

  it('gives up when the time is over without an upload receipt', async () => {
    const report = await smoke({ timeoutMs: 5000 })
    expect(failedChecks(report)).toEqual(['upload receipt'])
    expect(report.waitedMs).toEqual({ receipt: null, result: null, usage: null })
    expect(report.advice.join(' ')).toContain('Preprocessing did not answer')
  })

  it('gives up when no result comes, and points at the fleet', async () => {
    pauses = [() => answer()]
    const report = await smoke()
    expect(failedChecks(report)).toEqual(['result.json'])
    expect(report.waitedMs).toMatchObject({ receipt: 1000, result: null })
    expect(report.advice.join(' ')).toContain('No worker took the job')
  })

  it('points at the failure that the worker left instead of a result', async () => {
    pauses = [() => answer(), () => putJson(studyKeys.failure(tenant, imageId), {})]
    const report = await smoke()
    expect(failedChecks(report)).toEqual(['result.json'])
    expect(report.advice.join(' ')).toContain(studyKeys.failure(tenant, imageId))
  })

  it('gives up when no usage receipt comes', async () => {
    const result = buildSuspectedResult(imageId)
    pauses = [() => answer(), () => writeSuspected(store, codecs, result)]
    const report = await smoke()
    expect(failedChecks(report)).toEqual(['usage receipt'])
    expect(report.cold).toBeNull()
  })

  it.each([
    ['of another image', { imageId: 'f'.repeat(32) }],
    ['of another upload', { uploadId: 'e'.repeat(32) }],
    ['of no schema', { lane: 'express' as never }],
  ])('does not follow an upload receipt %s', async (_, changes) => {
    pauses = [() => answer(changes)]
    expect(failedChecks(await smoke())).toEqual(['it names the image by its content'])
  })

  it('does not follow a result that breaks its schema', async () => {
    const resultKey = `results/${tenant}/${imageId}/${'0'.repeat(16)}/result.json`
    pauses = [() => answer({ resultKey }), () => putJson(resultKey, { imageId })]
    expect(failedChecks(await smoke())).toEqual(['it keeps to its schema'])
  })

  it('tells a result of another image and one under a key that is not its own', async () => {
    const result = buildSuspectedResult('d'.repeat(32))
    const prefix = studyKeys.resultPrefix(tenant, imageId, sha256Hex('another screening'))
    pauses = [() => answer(), () => putJson(`${prefix}result.json`, result), () => writeUsage(store, result)]
    expect(failedChecks(await smoke({ expectMask: false }))).toEqual([
      'it is the one that the receipt names',
      'it is of this image',
      'it lies under its own key',
    ])
  })

  it('fails when the phantom was not analysed, with the remedy', async () => {
    const result = buildRejectedResult(imageId, 'quota-exceeded')
    const resultKey = `${resultPrefixOf(result)}result.json`
    pauses = [() => answer({ resultKey }), () => putJson(resultKey, result)]
    const report = await smoke()
    expect(failedChecks(report)).toEqual(['the image was analysed'])
    expect(report.checks.at(-1)?.found).toBe('not-analysed: quota-exceeded')
    expect(report.advice.join(' ')).toContain('Raise the quota')
  })

  it.each([
    ['no mask', 'mask.png of a suspected image', null],
    ['a mask that is no picture', 'the mask has the geometry of the source', new Uint8Array([1, 2, 3])],
  ])('fails for %s', async (_, check, bytes) => {
    const result = buildSuspectedResult(imageId)
    pauses = [
      () => answer(),
      async () => {
        if (bytes) await store.put(`${resultPrefixOf(result)}mask.png`, bytes)
        await putJson(`${resultPrefixOf(result)}result.json`, result)
        await writeUsage(store, result)
      },
    ]
    expect(failedChecks(await smoke())).toEqual([check])
  })

  it('fails for a mask in another geometry than the source', async () => {
    const result = buildSuspectedResult(imageId)
    const source = { ...result.source!, columns: 60 }
    pauses = [
      () => answer(),
      () => writeSuspected(store, codecs, { ...result, source }),
      () => writeUsage(store, result),
    ]
    expect(failedChecks(await smoke())).toEqual(['the mask has the geometry of the source'])
  })

  it('fails for a mask of other pixels than the result tells', async () => {
    const result = buildSuspectedResult(imageId)
    const moved = Uint8Array.from(mask, (_, index) => mask[(index + 1) % mask.length])
    pauses = [() => answer(), () => writeSuspected(store, codecs, result, moved), () => writeUsage(store, result)]
    expect(failedChecks(await smoke())).toEqual(["its pixels are the result's run-length code"])
  })

  it('asks for no mask where none is delivered', async () => {
    const result = buildSuspectedResult(imageId)
    pauses = [
      () => answer(),
      () => putJson(`${resultPrefixOf(result)}result.json`, result),
      () => writeUsage(store, result),
    ]
    expect(failedChecks(await smoke({ expectMask: false }))).toEqual([])
  })

  it('fails for a usage receipt of another outcome', async () => {
    const result = buildSuspectedResult(imageId)
    pauses = [
      () => answer(),
      () => writeSuspected(store, codecs, result),
      () => writeUsage(store, result, { outcome: 'not-suspected' }),
    ]
    expect(failedChecks(await smoke())).toEqual(['usage receipt'])
  })

  it.each(['exists', 'list', 'get'] as const)(
    'does not take a store that fails to %s for a missing object',
    async (method) => {
      const broken = new Error('no access')
      pauses = [() => answer()]
      store[method] = () => {
        throw broken
      }
      await expect(smoke()).rejects.toBe(broken)
    },
  )
})

describe('drawSmokePhantom', () => {
  it('draws the same file from the same seed and another from the next millisecond', async () => {
    const seed = 1_795_430_000_000
    const [first, again, next] = await Promise.all([seed, seed, seed + 1].map(drawSmokePhantom))
    expect(imageIdOf(again)).toBe(imageIdOf(first))
    expect(imageIdOf(next)).not.toBe(imageIdOf(first))
  })
})
