import { afterAll, describe, expect, it } from 'vitest'
import { createCodecs } from '../../../lib/adapters/codecs/create-codecs.ts'
import { createDocumentTools } from '../../../lib/adapters/codecs/create-document-tools.ts'
import { parseCloudMessage } from '../../../lib/delivery/cloud-message.ts'
import { cloudTarget } from '../../../lib/delivery/cloud-target.ts'
import { objectKinds } from '../../../lib/delivery/delivery-config.ts'
import { kindsNeededBy } from '../../../lib/delivery/delivery-contents.ts'
import { delivered, refused, unavailable } from '../../../lib/delivery/delivery-outcome.ts'
import type { Deidentification } from '../../../lib/screening/result-documents/deidentification/deidentification.ts'
import { keepInBucket } from '../../../lib/screening/result-documents/study-result/bucket-studies.ts'
import { tenant } from '../../../lib/screening/screening-job/tenant.ts'
import { flagOnly, notAnalysed, notSuspected, storeCloudResult } from '../../delivery/stored-result.ts'
import { suspected } from '../../result-documents/screened-image.ts'
import { eventOf, openPost, type Post } from './open-post.ts'

const codecs = createCodecs()
const tools = () => createDocumentTools(codecs)
afterAll(() => codecs.close())

const minute = 60_000
const lettersOf = ({ deadLetters }: Post) => deadLetters.map((body) => parseCloudMessage(body)?.givenUp)
const fhirTarget = { kind: 'fhir', name: 'worklist', url: 'https://fhir.example.org', busArn: undefined }
const useTarget = (post: Post, settings: object) => post.parameters.set('/target', JSON.stringify(settings))

describe('a delivery in the cloud', () => {
  it('is made once, however often its event comes', async () => {
    const post = openPost()
    const { result, resultKey, detail } = await post.tell()
    await post.deliver()
    expect(post.sent).toMatchObject([{ tenant: 'north', lane: 'stat', resultKey, result: { imageId: result.imageId } }])
    expect(post.queue.size).toBe(0)
    post.enqueue(detail)
    post.pass(30 * minute)
    post.enqueue(detail)
    await post.deliver()
    expect(post.sent).toHaveLength(1)
    expect(post.queue.size).toBe(0)
    expect(post.events()).toEqual(['delivered', 'done-before', 'done-before'])
  })

  it('has the documents that its target gets, and those alone', async () => {
    const post = openPost()
    useTarget(post, fhirTarget)
    await post.tell()
    await post.deliver()
    expect([...post.sent[0].documents.keys()]).toEqual(['fhir.json'])
  })

  it('tells of its study what stands when it is made, not when it was told of', async () => {
    const post = openPost()
    const { result } = await post.tell()
    post.answer = async () => unavailable('timeout')
    await keepInBucket(post.store, { id: 'north', mode: 'full' }, result)
    await post.deliver()
    const other = await storeCloudResult(post.store, 'north', { name: 'another image' })
    await keepInBucket(post.store, { id: 'north', mode: 'full' }, other.result)
    post.answer = async () => delivered
    await post.passDays(1)
    expect(post.sent.map(({ study }) => study?.images)).toEqual([1, 2])
  })

  it('of two messages at a time goes out twice at most, under one key', async () => {
    const post = openPost()
    const { detail } = await post.tell()
    post.enqueue(detail)
    await post.deliver(10)
    expect(post.sent.length).toBeLessThanOrEqual(2)
    expect(new Set(post.sent.map(({ key }) => key)).size).toBe(1)
    expect(post.queue.size).toBe(0)
  })

  it('is made again, under its key, when the function was killed behind it', async () => {
    const post = openPost()
    await post.tell()
    post.answer = () => new Promise(() => {})
    void post.deliver()
    while (post.sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    // Nothing more is heard of that process; its message is visible again after a while.
    post.answer = async () => delivered
    expect(await post.deliver()).toBe(0)
    post.pass(3 * minute)
    await post.deliver()
    expect(post.sent.map(({ key }) => key)).toEqual([post.sent[0].key, post.sent[0].key])
    expect(post.queue.size).toBe(0)
  })

  it('waits for a target that is down for days, asks it ever less often, and then is made', async () => {
    const post = openPost()
    const told = [await post.tell({ name: 'one' }), await post.tell({ name: 'two', finding: notAnalysed })]
    post.answer = async () => unavailable('connection-ECONNREFUSED')
    await post.passDays(12.9)
    expect(post.deadLetters).toEqual([])
    expect(post.queue.size).toBe(2)
    const attempts = post.sent.length / 2
    expect(attempts).toBeGreaterThan(600)
    expect(attempts).toBeLessThan(900)
    post.answer = async () => delivered
    post.sent.length = 0
    await post.passDays(0.03)
    expect(post.sent.map(({ result }) => result.imageId).sort()).toEqual(
      told.map(({ result }) => result.imageId).sort(),
    )
    expect(post.queue.size).toBe(0)
  }, 60_000)

  it('is given up with its reason before the queue forgets it, and begins anew when it is sent back', async () => {
    const post = openPost()
    const { result, detail } = await post.tell()
    post.answer = async () => unavailable('timeout')
    await post.passDays(13.1)
    expect(post.queue.size).toBe(0)
    expect(lettersOf(post)).toMatchObject([{ target: 'worklist', reason: 'too-old', lastFailure: 'timeout' }])
    expect(lettersOf(post)[0]?.attempts).toBeGreaterThan(600)
    expect(parseCloudMessage(post.deadLetters[0])).toMatchObject({ detail })
    // As `pleura dead-letters redrive` does it.
    post.put(post.deadLetters[0])
    await post.deliver()
    expect(post.queue.size).toBe(1)
    post.answer = async () => delivered
    await post.passDays(0.1)
    expect(post.sent.at(-1)?.result.imageId).toBe(result.imageId)
    expect(post.deadLetters).toHaveLength(1)
    expect(post.queue.size).toBe(0)
  }, 60_000)

  it('begins anew also when what it waited for was its set-up', async () => {
    const post = openPost()
    await post.tell()
    post.answer = async () => unavailable('timeout')
    await post.deliver()
    const target = post.parameters.get('/target')!
    post.parameters.set('/target', null)
    await post.passDays(13.1)
    expect(lettersOf(post)).toMatchObject([{ reason: 'too-old', lastFailure: 'settings-unusable', key: null }])
    post.parameters.set('/target', target)
    post.put(post.deadLetters[0])
    await post.passDays(1)
    expect(post.queue.size).toBe(1)
    expect(post.deadLetters).toHaveLength(1)
  }, 60_000)

  it('that its target refuses for good is a dead letter at once', async () => {
    const post = openPost()
    await post.tell()
    post.answer = async () => refused('http-422')
    await post.deliver()
    expect(lettersOf(post)).toMatchObject([{ reason: 'http-422', attempts: 1 }])
    expect(post.queue.size).toBe(0)
  })

  it('that its target fails over ten times while it takes others holds up nobody, and is a dead letter', async () => {
    const post = openPost()
    const poison = await post.tell({ name: 'poison' })
    post.answer = async ({ result: { imageId } }) =>
      imageId === poison.result.imageId ? unavailable('http-500') : delivered
    for (let other = 0; other < 200 && post.deadLetters.length === 0; other++) {
      await post.tell({ name: `other ${other}`, requestedDocuments: [] })
      await post.deliver(10)
      post.pass(minute)
    }
    expect(lettersOf(post)).toMatchObject([{ reason: 'failed-while-others-were-taken', lastFailure: 'http-500' }])
    expect(post.sent.filter(({ result: { imageId } }) => imageId === poison.result.imageId).length).toBeGreaterThan(10)
    expect(post.queue.size).toBe(0)
  })

  it.each([unavailable('http-429'), unavailable('http-503', 30_000)])(
    'is not held against by $reason of a target that asks for time',
    async (answer) => {
      const post = openPost()
      const slow = await post.tell({ name: 'slow' })
      post.answer = async ({ result: { imageId } }) => (imageId === slow.result.imageId ? answer : delivered)
      for (let other = 0; other < 100; other++) {
        await post.tell({ name: `other ${other}`, requestedDocuments: [] })
        await post.deliver(10)
        post.pass(5 * minute)
      }
      expect(post.deadLetters).toEqual([])
    },
  )

  it('asks again after the time that the target names', async () => {
    const post = openPost()
    await post.tell()
    post.answer = async () => unavailable('http-503', 3_600_000)
    await post.deliver()
    post.pass(59 * minute)
    expect(await post.deliver()).toBe(0)
    post.pass(minute)
    expect(await post.deliver()).toBe(1)
  })

  it('whose event comes again while it waits is not tried more often for it', async () => {
    const post = openPost()
    const { detail } = await post.tell()
    post.answer = async () => unavailable('timeout')
    for (let attempt = 0; attempt < 6; attempt++) {
      await post.deliver()
      post.pass(2 * minute)
    }
    const before = post.sent.length
    await post.deliver()
    post.enqueue(detail)
    await post.deliver()
    expect(post.sent).toHaveLength(before + 1)
    expect(post.queue.size).toBe(2)
  })
})

describe('what is told', () => {
  it('is the result that replaced it while it waited, once', async () => {
    const post = openPost()
    post.answer = async () => unavailable('timeout')
    await post.tell()
    await post.deliver()
    post.pass(10 * minute)
    const { resultKey } = await post.tell({ screeningKey: 'd'.repeat(64) })
    post.answer = async () => delivered
    post.sent.length = 0
    await post.passDays(0.1)
    expect(post.sent.map((delivery) => delivery.resultKey)).toEqual([resultKey])
    expect(post.events()).toContain('superseded')
    expect(post.queue.size).toBe(0)
  })

  it('is a suspicion, also when a later screening could not analyse the image', async () => {
    const post = openPost()
    post.answer = async () => unavailable('timeout')
    const suspicion = await post.tell()
    await post.deliver()
    post.pass(10 * minute)
    const refusal = await post.tell({ screeningKey: 'c'.repeat(64), finding: notAnalysed })
    post.answer = async () => delivered
    post.sent.length = 0
    await post.passDays(0.1)
    expect(post.sent.map(({ resultKey }) => resultKey).sort()).toEqual([suspicion.resultKey, refusal.resultKey].sort())
  })

  it('is the older result when it is told again after the newer one: the tenant went back to it', async () => {
    const post = openPost()
    const older = await post.tell()
    post.queue.clear()
    post.pass(10 * minute)
    await post.tell({ screeningKey: 'd'.repeat(64) })
    await post.deliver()
    post.pass(10 * minute)
    post.enqueue(older.detail)
    await post.deliver()
    expect(post.sent.map(({ resultKey }) => resultKey)[1]).toBe(older.resultKey)
    expect(post.sent).toHaveLength(2)
  })

  it.each(['result.json', 'fhir.json'])('is nothing of a result whose %s was deleted while it waited', async (name) => {
    const post = openPost()
    useTarget(post, fhirTarget)
    const { resultKey } = await post.tell()
    await post.store.delete(resultKey.replace('result.json', name))
    await post.deliver()
    expect(lettersOf(post)).toMatchObject([{ reason: 'result-missing' }])
    expect(post.sent).toEqual([])
  })

  it('is no place once the tenant is in triage mode, a minute later at the latest', async () => {
    const post = openPost()
    const handler = post.start()
    await post.tell({ name: 'before' })
    await post.deliver(1, handler)
    post.parameters.set('/tenant', JSON.stringify(tenant.parse({ id: 'north', mode: 'triage' })))
    post.pass(minute)
    await post.tell({ name: 'after' })
    const flag = await post.tell({ name: 'flag', ...flagOnly })
    await post.deliver(1, handler)
    expect(post.sent.map(({ resultKey }) => resultKey)).toEqual([post.sent[0].resultKey, flag.resultKey])
    expect(lettersOf(post)).toMatchObject([{ reason: 'says-where' }])
  })

  describe('to a tenant that is told nothing that names a patient', () => {
    const host = { host: 'pacs.example.org', port: 104, tls: true, calledAeTitle: 'PACS' }
    const stow = { kind: 'stow', url: 'https://pacs.example.org', objects: undefined }
    const targets = [
      {},
      { kind: 'webhook', url: 'https://w.example.org', secret: '/secret' },
      { kind: 'fhir', url: 'https://f.example.org' },
      { kind: 'mllp', host: 'h.example.org', port: 2575, tls: true },
      ...objectKinds.flatMap((kind) => [
        { ...stow, objects: [kind] },
        { kind: 'c-store', ...host, objects: [kind] },
      ]),
    ]
    const tell = async (post: Post, deidentification: Deidentification | null) => {
      for (const [name, finding] of Object.entries({ suspected: suspected(true), notSuspected, notAnalysed })) {
        await post.tell({ name, finding, deidentification, requestedDocuments: kindsNeededBy(post.target()), tools })
      }
    }
    const open = (target: object, rules: object) => {
      const post = openPost()
      if ('kind' in target) useTarget(post, { name: 'worklist', ...target })
      post.parameters.set('/tenant', JSON.stringify(tenant.parse({ id: 'north', ...rules })))
      return post
    }

    it.each(targets)('is nothing of any result that does: %j', async (target) => {
      const post = open(target, { deidentified: true })
      await tell(post, null)
      await post.deliver()
      expect(post.sent).toEqual([])
      const reasons = lettersOf(post).map((letter) => letter?.reason)
      expect(reasons.length).toBeGreaterThan(0)
      expect(new Set(reasons)).toEqual(new Set(['names-patient']))
      const otherwise = open(target, {})
      await tell(otherwise, null)
      await otherwise.deliver()
      expect(otherwise.sent).toHaveLength(reasons.length)
    })

    it('is what was de-identified', async () => {
      const post = open({}, { deidentified: true })
      await tell(post, { burnedInAnnotation: 'NO' })
      await post.deliver()
      expect(post.sent).toHaveLength(3)
    })

    it('is nothing a minute after it was set, also of what waited since before', async () => {
      const post = openPost()
      const handler = post.start()
      post.answer = async () => unavailable('timeout')
      await post.tell()
      await post.deliver(1, handler)
      post.parameters.set('/tenant', JSON.stringify(tenant.parse({ id: 'north', deidentified: true })))
      post.pass(minute)
      await post.deliver(1, handler)
      expect(post.sent).toHaveLength(1)
      expect(lettersOf(post)).toMatchObject([{ reason: 'names-patient' }])
    })
  })

  it('is nothing to a target that gets documents which were not asked for, and says so', async () => {
    const post = openPost()
    useTarget(post, fhirTarget)
    const { result } = await post.tell({ requestedDocuments: [] })
    await post.deliver()
    expect(post.sent).toEqual([])
    const record = JSON.parse(new TextDecoder().decode(await post.store.get(post.recordKey(result))))
    expect(record.settled).toMatchObject({ outcome: 'nothing-to-send', code: 'not-asked-for' })
    expect(post.deadLetters).toEqual([])
  })

  it('is nothing that was analysed before the target wants to hear of it', async () => {
    const post = openPost({ since: '2026-11-28T03:59:59Z' })
    await post.tell({ name: 'old', analysedAt: new Date('2026-11-28T03:59:00Z') })
    const { resultKey } = await post.tell({ name: 'new', analysedAt: new Date('2026-11-28T04:00:00Z') })
    await post.deliver()
    expect(post.sent.map((delivery) => delivery.resultKey)).toEqual([resultKey])
    expect(post.queue.size).toBe(0)
  })

  it.each([
    ['of another tenant', { tenant: 'south' }, 'of-another-tenant'],
    ['that points to another tenant', { resultKey: 'results/south/0/0/result.json' }, 'not-a-message'],
    ['that points to an upload', { resultKey: 'uploads/north/jane-doe.dcm' }, 'not-a-message'],
  ])('is nothing by an event %s', async (_, changes, reason) => {
    const post = openPost()
    const { result, resultKey } = await post.tell()
    post.queue.clear()
    post.enqueue({ ...eventOf(result, resultKey), ...changes })
    await post.deliver()
    expect(post.sent).toEqual([])
    expect(lettersOf(post)).toMatchObject([{ reason }])
  })

  it.each(['', '{}', 'no JSON', '{"time":"2026-11-28T04:00:00Z","detail":{"imageId":"../.."}}'])(
    'is nothing by a message that is none of ours (%j), which is kept as it is',
    async (body) => {
      const post = openPost()
      post.put(body)
      await post.tell()
      await post.deliver(10)
      expect(post.deadLetters).toEqual([body])
      expect(post.sent).toHaveLength(1)
    },
  )

  it('is understood also where a later version tells more', async () => {
    const post = openPost()
    const { detail } = await post.tell()
    post.queue.clear()
    post.enqueue({ ...detail, priority: 'high' })
    await post.deliver()
    expect(post.sent).toHaveLength(1)
  })
})

describe('nothing is lost, and nothing is sent,', () => {
  it.each([
    ['the target’s parameter is missing', '/target', null, 'settings-unusable'],
    ['the target’s parameter is no JSON', '/target', '{', 'settings-unusable'],
    ['the target’s parameter is of another schema', '/target', '{"kind":"fax"}', 'settings-unusable'],
    ['the tenant’s parameter is malformed', '/tenant', '{"id":"north","mode":"tirage"}', 'settings-unusable'],
    ['the secret is missing', '/secret', null, 'secret-missing'],
    ['the secret is unusable', '/secret', 'unusable', 'secret-unusable'],
  ])('while %s', async (_, name, value, reason) => {
    const post = openPost()
    const hook = { kind: 'webhook', name: 'worklist', url: 'https://worklist.example.org', secret: '/secret' }
    useTarget(post, hook)
    const good = post.parameters.get(name)!
    const { resultKey } = await post.tell()
    post.parameters.set(name, value)
    await post.passDays(2)
    expect(post.sent).toEqual([])
    expect(post.deadLetters).toEqual([])
    expect(post.lines.some((line) => line.includes(reason))).toBe(true)
    post.parameters.set(name, good)
    await post.passDays(0.1)
    expect(post.sent.map((delivery) => delivery.resultKey)).toEqual([resultKey])
  })

  it('while the settings cannot be read', async () => {
    const post = openPost()
    await post.tell()
    post.readFails = true
    await post.passDays(1)
    expect(post.sent).toEqual([])
    post.readFails = false
    await post.passDays(0.1)
    expect(post.sent).toHaveLength(1)
  })

  it('while the store fails', async () => {
    const post = openPost()
    await post.tell()
    const { get } = post.store
    post.store.get = async () => {
      throw new Error('S3 is down')
    }
    await post.passDays(1)
    expect(post.sent).toEqual([])
    post.store.get = get
    await post.passDays(0.1)
    expect(post.sent).toHaveLength(1)
  })

  it('while no dead letter can be sent: it is tried again', async () => {
    const post = openPost()
    await post.tell()
    post.answer = async () => refused('http-400')
    post.broken.add('dead-letters')
    await post.deliver()
    expect(post.queue.size).toBe(1)
    post.broken.clear()
    await post.passDays(0.1)
    expect(lettersOf(post)).toMatchObject([{ reason: 'http-400' }])
  })

  it('when a message cannot be put off: it comes again when its visibility ends', async () => {
    const post = openPost()
    await post.tell()
    post.answer = async () => unavailable('timeout')
    post.broken.add('put-off')
    await post.deliver()
    post.pass(2 * minute)
    expect(await post.deliver()).toBe(0)
    post.pass(minute)
    expect(await post.deliver()).toBe(1)
  })

  it('when too little time is left: the next invocation makes the delivery', async () => {
    const post = openPost()
    await post.tell()
    post.remainingMs = 34_000
    await post.deliver()
    expect(post.sent).toEqual([])
    post.remainingMs = 36_000
    expect(await post.deliver()).toBe(1)
    expect(post.sent).toHaveLength(1)
  })

  it('when SQS has handed it out nearly as often as it does: it is given up with a reason', async () => {
    const post = openPost()
    await post.tell()
    post.answer = async () => unavailable('timeout')
    for (const message of post.queue.values()) message.receives = 980
    await post.deliver()
    expect(lettersOf(post)).toMatchObject([{ reason: 'handed-out-too-often', lastFailure: 'timeout' }])
  })
})

describe('the function', () => {
  it('reads settings once a minute, and a secret anew when the target does not know it', async () => {
    const post = openPost()
    const handler = post.start()
    for (const name of ['one', 'two']) await post.tell({ name })
    await post.deliver(1, handler)
    expect(post.reads).toBe(2)
    post.answer = async () => unavailable('http-401')
    await post.tell({ name: 'three' })
    await post.deliver(1, handler)
    expect(post.reads).toBe(2)
    await post.tell({ name: 'four' })
    await post.deliver(1, handler)
    expect(post.reads).toBe(4)
  })

  it('reports of a batch what failed, and nothing else', async () => {
    const post = openPost()
    const bad = await post.tell({ name: 'bad' })
    for (let index = 0; index < 9; index++) await post.tell({ name: `good ${index}` })
    post.answer = async ({ result }) => (result.imageId === bad.result.imageId ? unavailable('timeout') : delivered)
    await post.deliver(10)
    expect([...post.queue.keys()]).toEqual(['message-0'])
    expect(post.sent).toHaveLength(10)
  })

  it('tells how long what is not delivered has waited, and nothing of a patient', async () => {
    const post = openPost()
    await post.tell()
    post.answer = async () => unavailable('timeout')
    post.pass(10 * minute)
    await post.deliver()
    const metrics = post.lines.map((line) => JSON.parse(line)).filter((line) => 'UndeliveredSeconds' in line)
    expect(metrics).toMatchObject([{ UndeliveredSeconds: 600, Tenant: 'north', Target: 'worklist' }])
    expect(post.lines.join()).not.toMatch(/jane|doe|PatientName/i)
  })
})

describe('a target of the cloud', () => {
  const webhook = { kind: 'webhook', name: 'worklist', url: 'https://a.example.org' }
  it.each([
    ['no secret', webhook],
    ['a file for a secret', { ...webhook, secretFile: 'secret' }],
    ['the secret itself', { ...webhook, secret: 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz' }],
    ['a name in place of an ARN', { ...webhook, secret: 'arn:aws:secretsmanager:eu-central-1:1:secret:worklist' }],
    ['more days than its queue keeps', { ...webhook, secret: '/s', giveUpAfterDays: 14 }],
    ['more time than its function has', { ...webhook, secret: '/s', timeoutSeconds: 121 }],
    ['a bus by its name', { kind: 'eventbridge', name: 'bus', busArn: 'hospital' }],
  ])('is refused with %s', (_, settings) => {
    expect(cloudTarget.safeParse(settings).success).toBe(false)
  })

  it('has the defaults of one machine, but is given up before its queue forgets', () => {
    const target = cloudTarget.parse({ ...webhook, secret: '/pleura/secrets/worklist' })
    expect(target).toMatchObject({ timeoutSeconds: 30, giveUpAfterDays: 13, allowPrivateAddress: false, since: null })
  })
})
