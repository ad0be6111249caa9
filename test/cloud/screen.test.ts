import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { defaultModelsFolder } from '../../lib/embedded/package-root.ts'
import { drawPhantom } from '../../lib/phantom/draw-phantom.ts'
import { encodePhantom } from '../../lib/phantom/encode-phantom.ts'
import { phantomIdentity } from '../../lib/phantom/phantom-elements.ts'
import { planPhantom } from '../../lib/phantom/plan-phantom.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'
import { preparationKeyOf } from '../../lib/screening/result-documents/screening-key.ts'
import { studyKeys } from '../../lib/screening/screening-job/study-keys.ts'
import { drawPicture } from '../functions/screen/draw-picture.ts'
import { createCloud } from './harness/create-cloud.ts'
import type { Fault } from './harness/fault-proxy.ts'
import { deliverUploads, openPreprocessing } from './harness/run-preprocess.ts'
import { type RequestKind, requestKindOf } from './worker/request-kind.ts'
import { expectOneResult, findings, proxy, standIn, start, upload, withOneJob, workAll } from './worker/under-test.ts'

const preparation = preparationKeyOf(defaultSuitabilityPolicy)

describe('the way of a study', () => {
  it('leads from an upload to a finding with the shipped networks', async () => {
    const cloud = await createCloud(standIn.endpoint, {
      tenants: [{ id: 'north', lanes: ['stat', 'routine'] }],
    })
    const images: string[] = []
    for (let index = 0; index < 4; index++) {
      const plan = planPhantom(3, index, { rows: 512, columns: 512 })
      const file = await encodePhantom(drawPhantom(plan.options), plan.format, phantomIdentity(plan.options.seed, 'w'))
      images.push(imageIdOf(file))
      await upload(cloud, `uploads/north/${index === 3 ? 'stat/' : ''}DOE^JANE ${index}.dcm`, file)
    }
    await upload(cloud, 'uploads/north/letter.txt', new TextEncoder().encode('Dear colleague'))
    await deliverUploads(cloud, await openPreprocessing(cloud))
    const { lines } = await workAll(cloud, { MODELS_FOLDER: defaultModelsFolder })

    const found = await findings(cloud)
    const analysed = found.results.filter(({ outcome }) => outcome !== 'not-analysed')
    expect(analysed.map(({ imageId }) => imageId).sort()).toEqual([...images].sort())
    expect(found.results).toHaveLength(5)
    expect(found.receipts.map(({ imageId, lane }) => [imageId, lane]).sort()).toEqual(
      images.map((imageId, index) => [imageId, index === 3 ? 'stat' : 'routine']).sort(),
    )
    expect(found.receipts.filter(({ cold }) => cold)).toHaveLength(1)
    expect(found.events.map((event) => event['detail-type']).sort()).toEqual([
      ...Array.from({ length: 4 }, () => 'Finding Ready'),
      'Study Not Analysed',
    ])
    for (const { resultKey } of found.events.map((event) => event.detail)) expect(found.resultKeys).toContain(resultKey)
    expect([found.waiting, found.dead, found.failures]).toEqual([[], [], []])
    const logged = lines.map((line) => JSON.parse(line))
    expect(logged.filter(({ event }) => event === 'screened')).toHaveLength(4)
    expect(logged.filter((line) => 'ColdStartMilliseconds' in line)).toHaveLength(1)
    expect(lines.join()).not.toMatch(/DOE|JANE/)
  })
})

describe('a worker that is asked to stop', () => {
  it.each([
    ['while it fetches an image', 'get-prepared', 0],
    ['while it writes a result', 'put-picture', 1],
  ] as const)('%s ends well; nothing is lost', async (_, kind, finished) => {
    const { cloud, imageId } = await withOneJob()
    const first = start(cloud, { IDLE_EXIT_SECONDS: '60' })
    proxy.decide = (request): Fault | null => {
      if (requestKindOf(request) !== kind) return null
      first.child.kill('SIGTERM')
      return { kind: 'delay', ms: 300 }
    }
    expect(await first.ended).toBe(0)
    expect(first.lines.filter((line) => line.includes('"screened"'))).toHaveLength(finished)
    proxy.decide = () => null
    // What was given back is there at once: nobody waits for a visibility to end.
    await workAll(cloud)
    await expectOneResult(cloud, imageId)
  })
})

describe('a worker whose visibility is lost', () => {
  it('writes nothing over what the next one has written', async () => {
    const { cloud, imageId } = await withOneJob()
    const frozen = start(cloud, { VISIBILITY_SECONDS: '1' })
    const asleep = new Promise<void>((done) => {
      proxy.decide = (request) => {
        if (requestKindOf(request) !== 'get-prepared') return null
        frozen.child.kill('SIGSTOP')
        done()
        return null
      }
    })
    await Promise.race([asleep, frozen.ended])
    proxy.decide = () => null
    await workAll(cloud, { IDLE_EXIT_SECONDS: '2' })
    frozen.child.kill('SIGCONT')
    expect(await frozen.ended).toBe(0)
    expect(frozen.lines.join('\n')).toContain('visibility-lost')
    await expectOneResult(cloud, imageId)
  })
})

describe('two workers', () => {
  it('on one image end in one result', async () => {
    const { cloud, imageId } = await withOneJob()
    await upload(cloud, 'uploads/north/again.png', await drawPicture(1, true))
    await deliverUploads(cloud, await openPreprocessing(cloud))
    // Both have looked for a result before either writes one.
    let looks = 0
    proxy.decide = (request) => {
      if (requestKindOf(request) === 'get-result') looks++
      return requestKindOf(request) === 'put-result' && looks < 2 ? { kind: 'delay', ms: 1000 } : null
    }
    const both = [start(cloud, { MAXIMUM_BATCH: '1' }), start(cloud, { MAXIMUM_BATCH: '1' })]
    for (const { ended } of both) expect(await ended).toBe(0)
    await expectOneResult(cloud, imageId)
  })
})

describe('a store that fails for now', () => {
  // As many faults as the client does not get over by itself: the message is given back and comes again.
  it.each<[string, RequestKind, Fault, number]>([
    ['answers 500', 'put-result', { kind: 'status', status: 500, code: 'InternalError' }, 4],
    ['answers 503', 'get-prepared', { kind: 'status', status: 503, code: 'ServiceUnavailable' }, 6],
    ['asks to slow down', 'put-receipt', { kind: 'status', status: 503, code: 'SlowDown' }, 4],
    ['meets a conflict', 'put-result', { kind: 'status', status: 409, code: 'ConditionalRequestConflict' }, 6],
    ['cuts bodies short', 'get-prepared', { kind: 'truncated' }, 2],
    ['breaks connections', 'put-picture', { kind: 'reset' }, 4],
    ['loses its answers', 'put-result', { kind: 'lost-answer' }, 3],
    ['loses its answers', 'put-receipt', { kind: 'lost-answer' }, 3],
  ])('%s to %s costs time, no result', async (_, kind, fault, times) => {
    const { cloud, imageId } = await withOneJob()
    let left = times
    proxy.decide = (request) => (requestKindOf(request) === kind && left-- > 0 ? fault : null)
    await workAll(cloud, { IDLE_EXIT_SECONDS: '4' })
    expect(left).toBeLessThanOrEqual(0)
    await expectOneResult(cloud, imageId)
  })
})

describe('a job that cannot be done', () => {
  it('ends as a dead letter with its reason, and holds up nothing', async () => {
    const { cloud, imageId } = await withOneJob()
    const lost = await drawPicture(2, true)
    await upload(cloud, 'uploads/north/2.png', lost)
    await deliverUploads(cloud, await openPreprocessing(cloud))
    const key = studyKeys.preparedStudy({ tenant: 'north', imageId: imageIdOf(lost), preparation })
    await cloud.clients.s3.send(new DeleteObjectCommand({ Bucket: cloud.bucket, Key: key }))
    await workAll(cloud, { IDLE_EXIT_SECONDS: '2' })
    const found = await findings(cloud)
    expect(found.results).toMatchObject([{ imageId, outcome: 'suspected' }])
    expect(found.dead).toHaveLength(1)
    expect(found.failures).toMatchObject([{ imageId: imageIdOf(lost), reason: 'prepared-study-missing' }])
  })
})

describe('a worker that is set up wrongly', () => {
  it('says that CUDA is absent, and ends', async () => {
    const { cloud } = await withOneJob()
    const { ended, lines } = start(cloud, { EXECUTION_PROVIDER: 'cuda' })
    expect(await ended).toBe(1)
    expect(lines.join()).toMatch(/No cuda session could be created/)
  })

  it('names the variable that is missing, and ends', async () => {
    const { cloud } = await withOneJob()
    const { ended, lines } = start(cloud, { MAXIMUM_BATCH: '0' })
    expect(await ended).toBe(1)
    expect(lines.join()).toMatch(/MAXIMUM_BATCH/)
  })
})
