import type { ObjectStore } from '../../kernel/ports.ts'
import type { SourceIdentity } from '../../radiograph/source-identity.ts'
import { studyKeys } from '../../screening-job/study-keys.ts'
import type { Tenant } from '../../screening-job/tenant.ts'
import type { ResultDocument } from '../result-document.ts'
import { keepStudyResult, readStudyResult, registerImage, type StudyPlace } from './keep-study-result.ts'
import { patientMarkOf, studyDigestOf } from './study-identity.ts'
import type { StudyResult } from './study-result.ts'

/** An image of a tenant, under the screening key that its result has, or will have. */
export interface BucketImage {
  readonly imageId: string
  readonly screeningKey: string
  readonly studyInstanceUid: string
  /** Null: not known here. */
  readonly identity: SourceIdentity | null
}

/** Notes in the study bucket that an image is of a study: until its result stands, the study is no negative. */
export async function registerInBucket(store: ObjectStore, tenant: string, image: BucketImage): Promise<void> {
  const { imageId, screeningKey, studyInstanceUid, identity } = image
  const prefix = studyKeys.resultPrefix(tenant, imageId, screeningKey)
  const noted = {
    imageId,
    patientMark: patientMarkOf(studyInstanceUid, identity),
    resultKey: `${prefix}result.json`,
    failed: false,
  }
  await registerImage(store, placeOf(tenant, studyInstanceUid), noted, `${imageId}-${screeningKey.slice(0, 16)}`)
}

/**
 * Derives the result of the study that a stored result's image is of.
 * @param identity Of the image, where it is known here
 * @returns null where its file names no study
 */
export async function keepInBucket(
  store: ObjectStore,
  { id, mode }: Pick<Tenant, 'id' | 'mode'>,
  { imageId, screeningKey, source }: ResultDocument,
  identity: SourceIdentity | null = null,
): Promise<StudyResult | null> {
  const studyInstanceUid = source?.studyInstanceUid ?? null
  if (studyInstanceUid === null) return null
  await registerInBucket(store, id, { imageId, screeningKey, studyInstanceUid, identity })
  return keepStudyResult(store, placeOf(id, studyInstanceUid), mode)
}

/** The study result of a tenant as it stands; null where there is none. */
export const readStudyInBucket = (
  store: ObjectStore,
  tenant: string,
  studyInstanceUid: string,
): Promise<StudyResult | null> => readStudyResult(store, placeOf(tenant, studyInstanceUid))

const placeOf = (tenant: string, studyInstanceUid: string): StudyPlace => ({
  prefix: studyKeys.study(tenant, studyDigestOf(studyInstanceUid)),
  studyInstanceUid,
})
