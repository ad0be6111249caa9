import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createStoreSender } from '../../lib/adapters/delivery/store-sender.ts'
import { createStowSender } from '../../lib/adapters/delivery/stow-sender.ts'
import { identifyObject } from '../../lib/adapters/dicomweb/identify-object.ts'
import { systemClock } from '../../lib/adapters/embedded/system-clock.ts'
import { deliveryTarget, type TargetOfKind } from '../../lib/delivery/delivery-config.ts'
import type { Delivery, Sender } from '../../lib/delivery/sender.ts'
import { readFileMeta } from '../../lib/screening/radiograph/file-meta.ts'
import { Pseudonyms } from '../../lib/screening/result-documents/deidentification/pseudonyms.ts'
import { plantedElements } from '../result-documents/planted-source.ts'
import { buildCase, type Case, type Elements, sources } from './build-cases.ts'
import { type Orthanc, openOrthanc } from './open-orthanc.ts'

let orthanc: Orthanc
beforeAll(async () => {
  orthanc = await openOrthanc()
})
afterAll(() => orthanc.stop())

const common = { name: 'orthanc', allowPrivateAddress: true }
const senders: Record<string, () => Sender> = {
  'C-STORE': () =>
    createStoreSender(
      deliveryTarget.parse({
        ...common,
        kind: 'c-store',
        host: '127.0.0.1',
        port: orthanc.dicomPort,
        calledAeTitle: 'ORTHANC',
      }) as TargetOfKind<'c-store'>,
    ),
  'STOW-RS': () =>
    createStowSender(
      deliveryTarget.parse({ ...common, kind: 'stow', url: orthanc.dicomWeb }) as TargetOfKind<'stow'>,
      null,
      systemClock,
    ),
}

const objectsOf = ({ documents }: Case) => documents.filter(({ name }) => name.endsWith('.dcm'))
const deliveryOf = (made: Case): Delivery => ({
  key: 'f'.repeat(32),
  tenant: 'clinic',
  lane: 'routine',
  resultKey: 'result.json',
  result: made.result,
  documents: new Map(objectsOf(made).map(({ name, body }) => [name, body])),
  study: null,
})
const dataSetOf = (file: Uint8Array): string => {
  const bytes = Buffer.from(file)
  return bytes.subarray(readFileMeta(bytes, 132).end).toString('hex')
}
type Json = Record<string, { Value?: unknown[] }>
const get = async <T>(url: string): Promise<T> => {
  const answer = await fetch(url, { headers: { accept: 'application/dicom+json, application/json' } })
  expect(answer.status).toBe(200)
  return (await answer.json()) as T
}
const firstOf = (item: Json, tag: string): unknown => item[tag]?.Value?.[0]

/** A source with a study of its own, whose file Orthanc takes. */
const elementsOf = (elements: Elements, study: string): Elements => [
  ...elements.filter(([group, element]) => !(group === 0x0020 && element === 0x000d)),
  [0x0020, 0x000d, 'UI', study],
  [0x0020, 0x000e, 'UI', `${study}.2`],
  [0x0008, 0x0018, 'UI', `${study}.1`],
]

const charsets = ['whole', 'no patient module, no study', 'Latin-1', 'UTF-8', 'Japanese', 'Korean', 'GB18030']
const cases = Object.keys(senders).flatMap((wire, index) =>
  charsets.map((name, number) => ({ wire, name, study: `1.2.826.0.1.${index + 1}.${number + 1}` })),
)

describe('Orthanc', () => {
  it.each(cases)('has by $wire what was delivered of a source with $name, in its study, once', async (one) => {
    const { wire, name, study } = one
    const elements = elementsOf(sources.find(([title]) => title === name)![1], study)
    const made = await buildCase(elements, 'region')
    expect((await fetch(`${orthanc.url}/instances`, { method: 'POST', body: Buffer.from(made.source) })).status).toBe(
      200,
    )
    const sender = senders[wire]()
    for (let time = 0; time < 2; time++) expect(await sender.send(deliveryOf(made))).toEqual({ kind: 'delivered' })
    await sender.close()

    const studies = `${orthanc.dicomWeb}/studies`
    const found = await get<Json[]>(`${studies}?StudyInstanceUID=${study}`)
    // One patient, one study: the source and what was made of it are not told apart by how they spell her.
    expect(found.map((item) => [firstOf(item, '0020000D'), firstOf(item, '00201206')])).toEqual([[study, 5]])
    const instances = await get<Json[]>(`${studies}/${study}/instances`)
    const kept = new Map(instances.map((item) => [firstOf(item, '00080018') as string, item]))
    expect(kept.has(`${study}.1`)).toBe(true)
    for (const { body } of objectsOf(made)) {
      const { sopInstanceUid, sopClassUid } = identifyObject(Buffer.from(body))!
      expect(firstOf(kept.get(sopInstanceUid)!, '00080016')).toBe(sopClassUid)
      const [id] = await (await fetch(`${orthanc.url}/tools/lookup`, { method: 'POST', body: sopInstanceUid })).json()
      const file = await (await fetch(`${orthanc.url}/instances/${id.ID}/file`)).arrayBuffer()
      expect(dataSetOf(new Uint8Array(file))).toBe(dataSetOf(body))
    }
    const metadata = await get<Json[]>(`${studies}/${study}/metadata`)
    expect(metadata.map((item) => firstOf(item, '00080060')).sort()).toEqual(['CR', 'CR', 'PR', 'SEG', 'SR'])
  })

  it('has a de-identified result as a study of nobody, beside none of the source', async () => {
    const pseudonyms = new Pseudonyms(Buffer.from('a key of forty characters for the tests.'))
    const made = await buildCase(plantedElements() as Elements, 'region', { pseudonyms })
    const sender = senders['STOW-RS']()
    expect(await sender.send(deliveryOf(made))).toEqual({ kind: 'delivered' })
    await sender.close()
    const study = made.result.source!.studyInstanceUid!
    const [item] = await get<Json[]>(`${orthanc.dicomWeb}/studies?StudyInstanceUID=${study}`)
    expect(firstOf(item, '00100020')).toMatch(/^P[0-9A-F]{24}$/)
    expect(firstOf(item, '00201206')).toBe(4)
  })
})
