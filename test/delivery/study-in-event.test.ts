import { beforeEach, describe, expect, it } from 'vitest'
import { type DeliveryTarget, deliveryTarget } from '../../lib/delivery/delivery-config.ts'
import { idempotencyKeyOf } from '../../lib/delivery/idempotency-key.ts'
import { loadDelivery } from '../../lib/embedded/deliver/load-delivery.ts'
import { registerInFolder } from '../../lib/embedded/folder-study-results.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import { maximumStudyImages } from '../../lib/screening/result-documents/study-result/roll-up-study.ts'
import { studyDigestOf } from '../../lib/screening/result-documents/study-result/study-identity.ts'
import { facts } from '../result-documents/screened-image.ts'
import { MemoryObjectStore } from './memory-stores.ts'
import { notSuspected, type StoredOptions, storeResultIn } from './stored-result.ts'

const uid = facts.studyInstanceUid!
const config = { tenant: 'clinic', mode: 'full', deidentified: false } as const
const worklist = deliveryTarget.parse({ kind: 'webhook', name: 'worklist', url: 'https://x.org', secretFile: 's' })
const pacs = deliveryTarget.parse({ kind: 'c-store', name: 'pacs', host: 'x.org', port: 104, calledAeTitle: 'PACS' })

let store: MemoryObjectStore
beforeEach(() => {
  store = new MemoryObjectStore()
})

/** As screening does: noted as one of its study, then the result. */
async function screen(options: StoredOptions): Promise<ResultDocument> {
  const result = await storeResultIn(store, options)
  await registerInFolder(store, result.imageId, uid, null)
  return result
}

async function studyToldBy(target: DeliveryTarget, result: ResultDocument) {
  const key = idempotencyKeyOf(config.tenant, target, result)
  const loaded = await loadDelivery(store, config, target, { key, imageId: result.imageId })
  if (loaded.kind !== 'delivery') throw new Error(loaded.kind)
  return loaded.delivery.study
}

const said = (outcome: string, images: number, notAnalysed = 0) => ({
  studyDigest: studyDigestOf(uid),
  outcome,
  images,
  notAnalysed,
})

describe('what an event tells of its study', () => {
  it('is true when it is sent: an attempt that comes late calls no study negative that is suspected by then', async () => {
    const first = await screen({ name: 'first', finding: notSuspected })
    expect(await studyToldBy(worklist, first)).toEqual(said('not-suspected', 1))
    await screen({ name: 'second' })
    expect(await studyToldBy(worklist, first)).toEqual(said('suspected', 2))
  })

  it('is no negative while another image is under way', async () => {
    const first = await screen({ name: 'first', finding: notSuspected })
    await registerInFolder(store, 'e'.repeat(32), uid, null)
    expect(await studyToldBy(worklist, first)).toEqual(said('incomplete', 2, 1))
  })

  it('needs no study.json, which a scan may be ahead of', async () => {
    const first = await screen({ name: 'first' })
    expect(await store.exists(`study-results/${studyDigestOf(uid)}/study.json`)).toBe(false)
    expect(await studyToldBy(worklist, first)).toEqual(said('suspected', 1))
  })

  it('is nothing where the folder kept no studies, the file names none, or the target gets documents', async () => {
    const unregistered = await storeResultIn(store, { name: 'of an older version' })
    expect(await studyToldBy(worklist, unregistered)).toBeNull()
    const png = { ...facts, format: 'png' as const, studyInstanceUid: null }
    expect(await studyToldBy(worklist, await storeResultIn(store, { name: 'picture', facts: png }))).toBeNull()
    expect(await studyToldBy(pacs, await screen({ name: 'first' }))).toBeNull()
  })

  it('calls a UID that too many images share no negative', async () => {
    const first = await screen({ name: 'first', finding: notSuspected })
    for (let number = 0; number < maximumStudyImages; number++) {
      await registerInFolder(store, number.toString(16).padStart(32, '0'), uid, null)
    }
    expect(await studyToldBy(worklist, first)).toEqual(said('incomplete', maximumStudyImages + 1))
  })
})
