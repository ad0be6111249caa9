import * as z from 'zod'
import { TransientError } from '../../kernel/errors.ts'
import type { ObjectStore } from '../../kernel/ports.ts'
import type { ScreeningMode } from '../../kernel/screening-mode.ts'
import { resultDocument } from '../result-document.ts'
import { maximumStudyImages, rollUpStudy, type StudyImage } from './roll-up-study.ts'
import { type StudyResult, studyResult } from './study-result.ts'

/** Where one study is kept: `<prefix>study.json`, and `<prefix>images/…` for each image that is known to be of it. */
export interface StudyPlace {
  /** Ends with '/'. */
  readonly prefix: string
  readonly studyInstanceUid: string
}

const member = z.strictObject({
  imageId: z.string(),
  patientMark: z.string().nullable(),
  /** Where its result is, or will be. */
  resultKey: z.string(),
  /** The system failed over it after that. */
  failed: z.boolean(),
})

export type StudyMember = z.infer<typeof member>

/**
 * Notes that an image is of a study, before anything is said of the image: from then on the study is no negative until
 * the image has a result.
 * @param name Tells the results of one image apart
 */
export async function registerImage(
  store: ObjectStore,
  place: StudyPlace,
  image: StudyMember,
  name: string = image.imageId,
): Promise<void> {
  const key = registrationKey(place, name)
  const before = await readRegistration(store, place, name)
  // Who knows the patient may have noted it before.
  const noted = { ...image, patientMark: image.patientMark ?? before?.patientMark ?? null }
  if (before && JSON.stringify(before) === JSON.stringify(member.parse(noted))) return
  await store.put(key, new TextEncoder().encode(JSON.stringify(noted)), { contentType: 'application/json' })
}

/** What is noted of an image under this name; null: nothing, or nothing that can be read. */
export const readRegistration = (store: ObjectStore, place: StudyPlace, name: string): Promise<StudyMember | null> =>
  readJson(store, registrationKey(place, name), member)

const registrationKey = ({ prefix }: StudyPlace, name: string): string => `${prefix}images/${name}.json`

/**
 * Derives study.json from the results that stand. Any number of writers may do so at a time: each looks again after it
 * has written, so the last one to write has seen everything; one that is killed before is asked again by its queue.
 * @returns what stands
 */
export async function keepStudyResult(
  store: ObjectStore,
  place: StudyPlace,
  mode: ScreeningMode,
): Promise<StudyResult> {
  const key = `${place.prefix}study.json`
  const derive = () => deriveStudyResult(store, place, mode)
  let derived = await derive()
  if (sameAs(derived, await readStudyResult(store, place))) return derived
  for (;;) {
    const body = new TextEncoder().encode(`${JSON.stringify(derived, null, 2)}\n`)
    await store.put(key, body, { contentType: 'application/json' })
    const again = await derive()
    if (sameAs(derived, again)) return derived
    derived = again
  }
}

/** What the images that are known now say together, whatever study.json says, which may be of a moment ago. */
export const deriveStudyResult = async (
  store: ObjectStore,
  place: StudyPlace,
  mode: ScreeningMode,
): Promise<StudyResult> => rollUpStudy(place.studyInstanceUid, await readImages(store, place), mode)

/** study.json as it stands; null where there is none, or none that can be read. */
export const readStudyResult = (
  store: ObjectStore,
  { prefix }: Pick<StudyPlace, 'prefix'>,
): Promise<StudyResult | null> => readJson(store, `${prefix}study.json`, studyResult)

async function readImages(store: ObjectStore, { prefix }: StudyPlace): Promise<StudyImage[]> {
  const folder = `${prefix}images/`
  const keys: string[] = []
  const imageIds = new Set<string>()
  for await (const key of store.list(folder)) {
    keys.push(key)
    imageIds.add(key.slice(folder.length, folder.length + 32))
    if (imageIds.size > maximumStudyImages) return [...imageIds].map((imageId) => ({ ...unknown, imageId }))
  }
  const images: StudyImage[] = []
  for (const key of keys) {
    const imageId = key.slice(folder.length, folder.length + 32)
    const registered = await readJson(store, key, member)
    const result = registered && (await readJson(store, registered.resultKey, resultDocument))
    images.push({ imageId, patientMark: registered?.patientMark ?? null, result, failed: registered?.failed ?? false })
  }
  return images
}

const unknown = { patientMark: null, result: null, failed: false }

/** @returns null where nothing stands, or nothing that can be read: then nothing is known, which is no negative */
async function readJson<T>(store: ObjectStore, key: string, schema: z.ZodType<T>): Promise<T | null> {
  let text: string
  try {
    text = new TextDecoder().decode(await store.get(key))
  } catch (error) {
    // What cannot be read for another reason is not known either; only what may be read in a moment is waited for.
    if (error instanceof TransientError) throw error
    return null
  }
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

const sameAs = (a: StudyResult, b: StudyResult | null): boolean => JSON.stringify(a) === JSON.stringify(b)
