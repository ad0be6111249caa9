import { describe, expect, it } from 'vitest'
import { ConfigurationError, StudyRejectedError, TransientError } from '../../../lib/screening/kernel/errors.ts'
import { buildResultDocument } from '../../../lib/screening/result-documents/build-result-document.ts'
import { studyDigestOf } from '../../../lib/screening/result-documents/study-result/study-identity.ts'
import { studyResult } from '../../../lib/screening/result-documents/study-result/study-result.ts'
import { writeResultOnce } from '../../../lib/screening/result-documents/write-result.ts'
import { maximumUploadDeliveries } from '../../../lib/screening/screening-job/delivery-limits.ts'
import { studyKeys } from '../../../lib/screening/screening-job/study-keys.ts'
import { buildDicom } from '../../radiograph/build-dicom.ts'
import { openReception, type Reception } from './open-reception.ts'

/** A small chest radiograph; another number, another image. */
const chest = (number = 0) => buildDicom({ elements: [[0x0008, 0x0018, 'UI', `1.2.3.${number}`]] })
const lateral = (number = 0) =>
  buildDicom({
    elements: [
      [0x0008, 0x0018, 'UI', `1.2.3.${number}`],
      [0x0018, 0x5101, 'CS', 'LL'],
    ],
  })

async function upload(reception: Reception, key: string, body: Uint8Array): Promise<void> {
  const lane = key.split('/')[2] === 'stat' ? 'stat' : 'routine'
  expect(await reception.put(key, body)).toBe(true)
  expect(await reception.work(lane)).toBe(true)
}

/** What the worker leaves at the key that a receipt names. */
async function finish({ parts, jobs, clock }: Reception): Promise<void> {
  for (const { imageId, preparation } of jobs) {
    const screeningKey = parts.screeningKeyOf((await parts.tenantOf('north'))!, preparation)
    const result = buildResultDocument(
      { outcome: 'not-analysed', code: 'blank', detail: 'stands for any result of a worker' },
      {
        imageId,
        sizeBytes: 1,
        facts: null,
        size: null,
        prepared: null,
        deidentification: null,
        requestedDocuments: [],
        documents: [],
        models: [],
        screeningKey,
        softwareVersion: '0.0.0',
        analysedAt: new Date(clock.now()),
        timingsMs: {},
      },
    )
    await writeResultOnce(parts.store, `results/north/${imageId}/${screeningKey.slice(0, 16)}/`, result, [])
  }
}

describe('a burst of routine uploads', () => {
  it('does not stand before an urgent one: each waits in its own lane before anything is decoded', async () => {
    const reception = await openReception()
    for (let number = 0; number < 30; number++) await reception.put(`uploads/north/${number}.dcm`, chest(number))
    await reception.put('uploads/north/stat/1.dcm', chest(99))
    expect(reception.waiting.routine).toHaveLength(30)
    expect(reception.waiting.stat).toHaveLength(1)
    await reception.work('stat')
    expect(reception.jobs.map(({ lane }) => lane)).toEqual(['stat'])
    expect(await reception.keysBelow('prepared/')).toHaveLength(3)
  })
})

describe('a failure for now', () => {
  it('costs seconds, twice as many each time and two minutes at most, and no delivery', async () => {
    const reception = await openReception()
    await reception.put('uploads/north/stat/a.dcm', chest())
    const readUpload = () => Promise.reject(new TransientError('S3 GetObject failed for now'))
    const delays: number[] = []
    for (let time = 0; time < 8; time++) {
      expect(await reception.work('stat', { readUpload })).toBe(true)
      delays.push(reception.waiting.stat[0].delayMs / 1000)
    }
    expect(delays).toEqual([2, 4, 8, 16, 32, 64, 120, 120])
    expect(await reception.work('stat')).toBe(true)
    expect(reception.jobs).toHaveLength(1)
    expect((await reception.receipts()).map(({ outcome, duplicate }) => [outcome, duplicate])).toEqual([
      ['queued', false],
    ])
  })

  it('tells how long the upload has been on its way since it came', async () => {
    const reception = await openReception()
    await reception.put('uploads/north/stat/a.dcm', chest())
    const readUpload = () => Promise.reject(new TransientError('S3 GetObject failed for now'))
    await reception.work('stat', { readUpload })
    reception.clock.nowMs += 600_000
    await reception.work('stat', { readUpload })
    const told = reception.lines.map((line) => JSON.parse(line)).filter((line) => 'ReturnedJobSeconds' in line)
    expect(told.map(({ Lane, ReturnedJobSeconds }) => [Lane, ReturnedJobSeconds])).toEqual([
      ['stat', 0],
      ['stat', 600],
    ])
  })

  it('while it is put into its lane costs seconds too', async () => {
    const reception = await openReception()
    const send = () => Promise.reject(new TransientError('SQS SendMessage failed for now'))
    const { putOff } = reception.parts.notifications
    const uploads = { stat: { send, putOff }, routine: { send, putOff } }
    for (const delivery of [1, 2, 3, 12]) {
      expect(await reception.put('uploads/north/stat/a.dcm', chest(), { uploads }, delivery)).toBe(false)
    }
    expect(reception.putOffMs).toEqual([2_000, 4_000, 8_000, 600_000])
  })
})

describe('a defect', () => {
  it('comes again as the same message, so that its deliveries end, for more than half an hour', async () => {
    const reception = await openReception()
    const screeningKeyOf = () => {
      throw new ConfigurationError('no such operating point')
    }
    for (let delivery = 1; delivery <= maximumUploadDeliveries; delivery++) {
      await reception.put('uploads/north/a.dcm', chest())
      expect(await reception.work('routine', { screeningKeyOf }, delivery)).toBe(false)
    }
    expect(reception.waiting.routine).toEqual([])
    expect(reception.putOffMs.reduce((sum, ms) => sum + ms)).toBeGreaterThan(30 * 60_000)
  })

  it('of a queue that takes nothing at all waits until its visibility ends', async () => {
    const reception = await openReception()
    const notifications = { putOff: () => Promise.reject(new TransientError('SQS is away')) }
    const tenantOf = async () => undefined
    expect(await reception.put('uploads/north/a.dcm', chest(), { notifications, tenantOf })).toBe(false)
  })
})

describe('uploads of the same bytes', () => {
  it('fifty times at a quota of one are one admission, one job and fifty receipts', async () => {
    const reception = await openReception({ monthlyQuotaImages: 1 })
    for (let time = 0; time < 50; time++) await upload(reception, 'uploads/north/a.dcm', chest())
    expect(reception.jobs).toHaveLength(1)
    expect(await reception.keysBelow('usage/')).toHaveLength(1)
    const receipts = await reception.receipts()
    expect(receipts).toHaveLength(50)
    expect(receipts.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
    expect(new Set(receipts.map(({ outcome }) => outcome))).toEqual(new Set(['queued']))
    await upload(reception, 'uploads/north/b.dcm', chest(2))
    expect(reception.events.map(({ reason }) => reason)).toEqual(['quota-exceeded'])
  })

  it('at the same moment wait for the first: one job, one decoding', async () => {
    const reception = await openReception({ monthlyQuotaImages: 1 })
    for (let time = 0; time < 20; time++) await reception.put('uploads/north/a.dcm', chest())
    const decoded: string[] = []
    const store = new Proxy(reception.parts.store, {
      get: (target, name) => {
        const method = Reflect.get(target, name).bind(target) as (...args: never[]) => unknown
        if (name !== 'put') return method
        return (key: never, ...rest: never[]) => {
          if (/image\.png$/.test(key)) decoded.push(key)
          return method(key, ...rest)
        }
      },
    })
    while (reception.waiting.routine.length > 0) {
      const now = reception.waiting.routine.length
      await Promise.all(Array.from({ length: now }, () => reception.work('routine', { store })))
    }
    expect(reception.jobs).toHaveLength(1)
    expect(decoded).toHaveLength(1)
    expect(await reception.receipts()).toHaveLength(20)
  })

  it('go on by themselves where the first has not come to its end within two minutes', async () => {
    const reception = await openReception()
    const first = { ...reception.parts.queues.routine, send: () => Promise.reject(new Error('killed')) }
    await reception.put('uploads/north/a.dcm', chest())
    expect(await reception.work('routine', { queues: { stat: first, routine: first } })).toBe(false)
    await reception.put('uploads/north/b.dcm', chest())
    reception.clock.nowMs += 119_999
    await reception.work('routine')
    expect(reception.jobs).toHaveLength(0)
    reception.clock.nowMs += 1
    await reception.work('routine')
    expect(reception.jobs).toHaveLength(1)
  })

  it('send the job once more after an hour without a result, and at once where it has become urgent', async () => {
    const reception = await openReception()
    await upload(reception, 'uploads/north/a.dcm', chest())
    reception.clock.nowMs += 3_599_999
    await upload(reception, 'uploads/north/b.dcm', chest())
    expect(reception.jobs).toHaveLength(1)
    reception.clock.nowMs += 1
    await upload(reception, 'uploads/north/c.dcm', chest())
    expect(reception.jobs).toHaveLength(2)
    await upload(reception, 'uploads/north/stat/d.dcm', chest())
    await upload(reception, 'uploads/north/e.dcm', chest())
    expect(reception.jobs.map(({ lane }) => lane)).toEqual(['routine', 'routine', 'stat'])
  })

  it('are answered with the result that stands: its event, its key, no job, no admission', async () => {
    const reception = await openReception({ monthlyQuotaImages: 1 })
    await upload(reception, 'uploads/north/a.dcm', chest())
    const [{ resultKey }] = await reception.receipts()
    await finish(reception)
    // Another month: what stands is not counted again.
    reception.clock.nowMs = Date.UTC(2026, 11, 3)
    await upload(reception, 'uploads/north/b.dcm', chest())
    expect(reception.jobs).toHaveLength(1)
    expect(reception.events.map((event) => event.resultKey)).toEqual([resultKey])
    expect((await reception.receipts()).map((receipt) => receipt.resultKey)).toEqual([resultKey, resultKey])
    expect(await reception.keysBelow('usage/')).toHaveLength(1)
  })

  it('that were rejected are not decoded again', async () => {
    const reception = await openReception()
    await upload(reception, 'uploads/north/a.dcm', lateral())
    const codecs = new Proxy(reception.parts.codecs, {
      get: () => () => Promise.reject(new Error('must not be decoded')),
    })
    await reception.put('uploads/north/b.dcm', lateral())
    expect(await reception.work('routine', { codecs })).toBe(true)
    expect((await reception.receipts()).map(({ outcome, duplicate }) => [outcome, duplicate])).toEqual(
      expect.arrayContaining([
        ['not-analysed', false],
        ['not-analysed', true],
      ]),
    )
    expect(reception.events.map(({ reason }) => reason)).toEqual(['lateral-view', 'lateral-view'])
  })

  it('that took too long are tried again after an hour, and not before', async () => {
    const reception = await openReception()
    const decodes: number[] = []
    const slow = async () => {
      decodes.push(reception.clock.nowMs)
      throw new StudyRejectedError('time-limit', 'decoding took longer than allowed')
    }
    const codecs = { ...reception.parts.codecs, decodeRaster: slow }
    const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0])
    const again = async () => {
      await reception.put('uploads/north/a.png', png)
      expect(await reception.work('routine', { codecs })).toBe(true)
    }
    await again()
    await again()
    expect(decodes).toHaveLength(1)
    reception.clock.nowMs += 3_600_000
    await again()
    await again()
    expect(decodes).toHaveLength(2)
    expect(reception.events.map(({ reason }) => reason)).toEqual(Array(4).fill('time-limit'))
    expect(await reception.keysBelow('usage/')).toHaveLength(1)
  })
})

describe('the quota', () => {
  it('counts what is rejected too, each image once', async () => {
    const reception = await openReception({ monthlyQuotaImages: 2 })
    for (const number of [1, 2, 1, 3]) await upload(reception, 'uploads/north/a.dcm', lateral(number))
    expect(reception.events.map(({ reason }) => reason)).toEqual([
      'lateral-view',
      'lateral-view',
      'lateral-view',
      'quota-exceeded',
    ])
  })
})

describe('a receipt', () => {
  it('names the result that comes, while one of another preparation is there', async () => {
    const reception = await openReception()
    await upload(reception, 'uploads/north/a.dcm', chest())
    await finish(reception)
    const { policy } = reception.parts
    const changed = { ...policy, minimumSidePixels: policy.minimumSidePixels + 1 }
    await reception.put('uploads/north/b.dcm', chest())
    await reception.work('routine', { policy: changed })
    const receipts = await reception.receipts()
    const [before, after] = [false, true].map((duplicate) => receipts.find((one) => one.duplicate === duplicate)!)
    expect(after.results).toBe(before.results)
    expect(after.resultKey).not.toBe(before.resultKey)
    expect(after.resultKey.startsWith(after.results)).toBe(true)
    expect(reception.jobs).toHaveLength(2)
  })
})

describe('a key that ends in a slash', () => {
  it.each(['uploads/north/', 'uploads/north/2026/'])('%s is answered like any other upload', async (key) => {
    const reception = await openReception()
    await upload(reception, key, new Uint8Array())
    expect(reception.events.map(({ reason }) => reason)).toEqual(['not-an-image'])
    expect(await reception.receipts()).toMatchObject([{ key, outcome: 'not-analysed' }])
  })

  it('with a radiograph is analysed', async () => {
    const reception = await openReception()
    await upload(reception, 'uploads/north/a.dcm/', chest())
    expect(reception.jobs).toHaveLength(1)
  })
})

describe('an upload that nobody can read', () => {
  it('is answered with a code, and counts against no quota', async () => {
    const reception = await openReception({ monthlyQuotaImages: 0 })
    await reception.put('uploads/north/a.dcm', chest())
    const readUpload = () => Promise.reject(new StudyRejectedError('unreadable-object', 'it is archived: GLACIER'))
    expect(await reception.work('routine', { readUpload })).toBe(true)
    const [{ imageId, uploadId, outcome, resultKey }] = await reception.receipts()
    expect([imageId, outcome]).toEqual([uploadId, 'not-analysed'])
    expect(reception.events).toMatchObject([{ reason: 'unreadable-object', resultKey }])
    expect(await reception.keysBelow('usage/')).toEqual([])
  })
})

describe('the study of an upload', () => {
  it('is no negative while images of it wait, and says which were refused', async () => {
    const reception = await openReception()
    const image = (number: number, patient: string, view = 'PA') =>
      buildDicom({
        elements: [
          [0x0008, 0x0018, 'UI', `1.2.3.${number}`],
          [0x0010, 0x0020, 'LO', patient],
          [0x0018, 0x5101, 'CS', view],
          [0x0020, 0x000d, 'UI', '1.2.3'],
        ],
      })
    await upload(reception, 'uploads/north/routine/a.dcm', image(1, 'P-1'))
    await upload(reception, 'uploads/north/routine/b.dcm', image(2, 'P-1', 'LL'))
    const studyDigest = studyDigestOf('1.2.3')
    expect(reception.events).toMatchObject([
      { outcome: 'not-analysed', study: { studyDigest, outcome: 'not-analysed', images: 2, notAnalysed: 2 } },
    ])
    const studyOf = async () =>
      studyResult.parse(
        JSON.parse(
          new TextDecoder().decode(
            await reception.parts.store.get(`${studyKeys.study('north', studyDigest)}study.json`),
          ),
        ),
      )
    expect(await studyOf()).toMatchObject({
      warnings: [],
      notAnalysed: [
        { reason: 'lateral-view', images: 1 },
        { reason: 'no-result', images: 1 },
      ],
    })
    // The same upload again changes nothing; another patient under the same UID is told.
    await upload(reception, 'uploads/north/routine/c.dcm', image(2, 'P-1', 'LL'))
    expect(await studyOf()).toMatchObject({ counts: { images: 2 }, warnings: [] })
    await upload(reception, 'uploads/north/routine/d.dcm', image(3, 'P-2', 'LL'))
    expect(await studyOf()).toMatchObject({ counts: { images: 3 }, warnings: ['patients-differ'] })
    const keys = await reception.keysBelow('results/north/studies/')
    expect(keys).toHaveLength(4)
    expect(keys.join()).not.toContain('P-')
  })

  it('is none where the file names none', async () => {
    const reception = await openReception()
    await upload(reception, 'uploads/north/routine/a.dcm', lateral())
    expect(reception.events).toMatchObject([{ study: null }])
    expect(await reception.keysBelow('results/north/studies/')).toEqual([])
  })
})

describe('the objects that a tenant asks for', () => {
  const elements = [
    [0x0010, 0x0020, 'LO', 'P-1'],
    [0x0020, 0x000d, 'UI', '1.2.3'],
  ] as const
  const sideways = buildDicom({ elements: [...elements, [0x0018, 0x5101, 'CS', 'LL']] })
  const identities = async ({ parts, keysBelow }: Reception) => {
    const [study] = (await keysBelow('prepared/')).filter((key) => key.endsWith('study.json'))
    return JSON.parse(new TextDecoder().decode(await parts.store.get(study))).identity
  }

  it('stand beside the rejection of a study too, in its own study', async () => {
    const reception = await openReception({ documents: ['structured-report'] })
    await upload(reception, 'uploads/north/routine/a.dcm', sideways)
    const [report, result] = (await reception.keysBelow('results/north/'))
      .filter((key) => !/\/(uploads|studies)\//.test(key))
      .sort()
      .reverse()
    expect([report, result].map((key) => key.split('/').at(-1))).toEqual(['structured-report.dcm', 'result.json'])
    const document = JSON.parse(new TextDecoder().decode(await reception.parts.store.get(result)))
    expect(document).toMatchObject({
      outcome: 'not-analysed',
      source: { studyInstanceUid: '1.2.3' },
      documents: ['structured-report.dcm'],
    })
    expect(Buffer.from(await reception.parts.store.get(report)).includes('P-1')).toBe(true)
  })

  it('are why the identity goes with the prepared study, and nothing else is', async () => {
    const asking = await openReception({ documents: ['structured-report'] })
    await upload(asking, 'uploads/north/routine/a.dcm', buildDicom({ elements }))
    expect(await identities(asking)).toMatchObject({ PatientID: 'P-1', StudyInstanceUID: '1.2.3' })
    const plain = await openReception()
    await upload(plain, 'uploads/north/routine/a.dcm', buildDicom({ elements }))
    expect(await identities(plain)).toBeNull()
  })
})
