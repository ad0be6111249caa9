import type { ObjectStore } from '../screening/kernel/ports.ts'
import type { ScreeningMode } from '../screening/kernel/screening-mode.ts'
import type { SourceIdentity } from '../screening/radiograph/source-identity.ts'
import {
  keepStudyResult,
  readRegistration,
  registerImage,
  type StudyPlace,
} from '../screening/result-documents/study-result/keep-study-result.ts'
import { patientMarkOf, studyDigestOf } from '../screening/result-documents/study-result/study-identity.ts'
import type { StudyResult } from '../screening/result-documents/study-result/study-result.ts'
import { resultKey } from '../screening/result-documents/write-result.ts'

/** Where an output folder keeps its studies: beside the images' folders, under a name that is no image's. */
export const studyPlaceOf = (studyInstanceUid: string): StudyPlace => ({
  prefix: `study-results/${studyDigestOf(studyInstanceUid)}/`,
  studyInstanceUid,
})

/** Notes in an output folder that an image is of a study; one whose file names no study is of none. */
export async function registerInFolder(
  store: ObjectStore,
  imageId: string,
  studyInstanceUid: string | null,
  identity: SourceIdentity | null,
  { failed = false } = {},
): Promise<void> {
  if (studyInstanceUid === null) return
  const patientMark = patientMarkOf(studyInstanceUid, identity)
  const image = { imageId, patientMark, resultKey: resultKey(imageId), failed }
  await registerImage(store, studyPlaceOf(studyInstanceUid), image)
}

/** Whether all is noted of an image whose result stands. */
export const isRegisteredInFolder = async (store: ObjectStore, imageId: string, uid: string): Promise<boolean> => {
  const noted = await readRegistration(store, studyPlaceOf(uid), imageId)
  return noted !== null && noted.patientMark !== null && !noted.failed
}

/** The study results of an output folder, each derived by one at a time. */
export class FolderStudyResults {
  readonly #store: ObjectStore
  readonly #mode: ScreeningMode
  readonly #underWay = new Map<string, Promise<StudyResult>>()

  constructor(store: ObjectStore, mode: ScreeningMode) {
    this.#store = store
    this.#mode = mode
  }

  /** Derives a study's result anew, after what is under way for it. @returns what stands */
  keep(studyInstanceUid: string): Promise<StudyResult> {
    const before = this.#underWay.get(studyInstanceUid)
    const derive = () => keepStudyResult(this.#store, studyPlaceOf(studyInstanceUid), this.#mode)
    const kept = (before ? before.then(derive, derive) : derive()).finally(() => {
      if (this.#underWay.get(studyInstanceUid) === kept) this.#underWay.delete(studyInstanceUid)
    })
    this.#underWay.set(studyInstanceUid, kept)
    return kept
  }
}
