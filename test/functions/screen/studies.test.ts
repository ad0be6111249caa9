import { expect, it } from 'vitest'
import { registerInBucket } from '../../../lib/screening/result-documents/study-result/bucket-studies.ts'
import { studyDigestOf } from '../../../lib/screening/result-documents/study-result/study-identity.ts'
import { studyResult } from '../../../lib/screening/result-documents/study-result/study-result.ts'
import { studyKeys } from '../../../lib/screening/screening-job/study-keys.ts'
import { type Clinic, imageIdOfNumber, openClinic } from './open-clinic.ts'

const studyInstanceUid = '1.2.3'
const studyDigest = studyDigestOf(studyInstanceUid)

const studyOf = async (clinic: Clinic) =>
  studyResult.parse(JSON.parse(await clinic.textOf(`${studyKeys.study('north', studyDigest)}study.json`)))

it('a study is rolled up after each of its images, and told with the event of each', async () => {
  const clinic = await openClinic()
  for (const [number, bright] of [true, false, false].entries()) {
    const imageId = imageIdOfNumber(number)
    await clinic.prepare(imageId, { bright, seed: number, studyInstanceUid })
    await clinic.send('north', imageId)
  }
  await clinic.prepare(imageIdOfNumber(9), { seed: 9 })
  await clinic.send('north', imageIdOfNumber(9))
  await clinic.work()
  const results = (await clinic.results()).filter(({ source }) => source?.studyInstanceUid === studyInstanceUid)
  expect(results).toHaveLength(3)
  const study = await studyOf(clinic)
  expect(study).toMatchObject({ counts: { images: 3, notAnalysed: 0 }, warnings: [] })
  expect(study.outcome).toBe(results.some(({ outcome }) => outcome === 'suspected') ? 'suspected' : 'not-suspected')
  expect(study.probability).toBe(Math.max(...results.map(({ classification }) => classification!.probability)))
  const told = clinic.events.map(([, detail]) => detail)
  expect(told.find(({ imageId }) => imageId === imageIdOfNumber(9))!.study).toBeNull()
  const ofStudy = told.flatMap(({ study }) => study ?? [])
  expect(ofStudy.map(({ studyDigest }) => studyDigest)).toEqual(new Array(3).fill(studyDigest))
  expect(Math.max(...ofStudy.map(({ images }) => images))).toBe(3)
})

it('a study of which an image waits is told as incomplete, and whole when that image has its result', async () => {
  const clinic = await openClinic()
  const [first, second] = [imageIdOfNumber(1), imageIdOfNumber(2)]
  for (const [seed, imageId] of [first, second].entries()) {
    await clinic.prepare(imageId, { bright: false, seed, studyInstanceUid })
    await clinic.send('north', imageId)
    await clinic.work()
    if (imageId !== first) continue
    const [{ outcome, screeningKey }] = await clinic.results()
    expect(outcome).toBe('not-suspected')
    // As preprocessing notes the next one, and the first comes again.
    await registerInBucket(clinic.store, 'north', { imageId: second, screeningKey, studyInstanceUid, identity: null })
    await clinic.send('north', first)
    await clinic.work()
    expect(clinic.events.at(-1)![1].study).toEqual({ studyDigest, outcome: 'incomplete', images: 2, notAnalysed: 1 })
  }
  expect(clinic.events.at(-1)![1].study).toMatchObject({ outcome: 'not-suspected', images: 2, notAnalysed: 0 })
})
