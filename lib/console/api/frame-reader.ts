import { StudyRejectedError } from '../../screening/kernel/errors.ts'
import type { PixelCodecs } from '../../screening/kernel/ports.ts'
import { decodeRadiograph } from '../../screening/radiograph/decode-radiograph.ts'
import type { SuitabilityPolicy } from '../../screening/radiograph/suitability.ts'
import { buildFrame, type Frame } from './build-frame.ts'
import type { Studies } from './console-ports.ts'

/** The frames looked at last: a viewer asks for facts and samples apart, and neighbours go back and forth. */
const framesKept = 3

/** Why there is no picture, in words for the reader. */
export interface FrameRefusal {
  readonly status: 404 | 409
  readonly title: string
  readonly detail: string
}

export const isRefusal = (answer: Frame | FrameRefusal): answer is FrameRefusal => 'status' in answer

/** Decodes images for viewers with the decoder that feeds the models. */
export class FrameReader {
  readonly #studies: Studies
  readonly #codecs: PixelCodecs
  readonly #policy: SuitabilityPolicy
  readonly #frames = new Map<string, Promise<Frame | FrameRefusal>>()

  constructor(studies: Studies, codecs: PixelCodecs, policy: SuitabilityPolicy) {
    this.#studies = studies
    this.#codecs = codecs
    this.#policy = policy
  }

  async read(studyId: string): Promise<Frame | FrameRefusal> {
    const row = await this.#studies.row(studyId)
    if (!row) return noSuchStudy
    if (row.outcome === 'not-analysed') return nothingToShow(row.reason?.remedy ?? 'It was not analysed.')
    const opened = this.#frames.get(studyId) ?? this.#open(studyId)
    // The one asked for last goes last.
    this.#frames.delete(studyId)
    this.#frames.set(studyId, opened)
    for (const oldest of this.#frames.keys()) {
      if (this.#frames.size <= framesKept) break
      this.#frames.delete(oldest)
    }
    return opened
  }

  #open(studyId: string): Promise<Frame | FrameRefusal> {
    const opened = this.#decode(studyId)
    const forget = () => this.#frames.delete(studyId)
    opened.then((answer) => isRefusal(answer) && forget(), forget)
    return opened
  }

  async #decode(studyId: string): Promise<Frame | FrameRefusal> {
    const source = await this.#studies.source(studyId)
    if (!source) return fileGone
    try {
      return buildFrame(await decodeRadiograph(source, this.#codecs, this.#policy))
    } catch (error) {
      // The policy of this program may be another than that of the screening.
      if (error instanceof StudyRejectedError) return nothingToShow(error.message)
      throw error
    }
  }
}

export const noSuchStudy = {
  status: 404,
  title: 'No such study',
  detail: 'It is not in the worklist. Go back to the list; it may have been removed.',
} satisfies FrameRefusal

const fileGone: FrameRefusal = {
  status: 409,
  title: 'The file is gone',
  detail: 'It was moved, removed or changed since it was screened. Put it back, or send it again.',
}

const nothingToShow = (detail: string): FrameRefusal => ({
  status: 409,
  title: 'There is no picture to be shown',
  detail,
})
