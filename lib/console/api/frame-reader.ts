import { StudyRejectedError } from '../../screening/kernel/errors.ts'
import type { PixelCodecs } from '../../screening/kernel/ports.ts'
import { decodeRadiograph } from '../../screening/radiograph/decode-radiograph.ts'
import type { SuitabilityPolicy } from '../../screening/radiograph/suitability.ts'
import type { FrameFacts } from '../contract/frame.ts'
import { buildFrame, type Frame } from './build-frame.ts'
import type { FrameRefusal, Frames, Studies } from './console-ports.ts'

export const isRefusal = (answer: object): answer is FrameRefusal => 'status' in answer

/** Decodes images for viewers with the decoder that feeds the models. */
export class FrameReader implements Frames {
  readonly #studies: Studies
  readonly #codecs: PixelCodecs
  readonly #policy: SuitabilityPolicy
  readonly #framesKept: number
  readonly #frames = new Map<string, Promise<Frame | FrameRefusal>>()

  /**
   * @param policy The one that the images were screened with.
   * @param framesKept In memory, of those looked at last: a viewer asks for facts and samples apart, and neighbours go back
   *   and forth.
   */
  constructor(studies: Studies, codecs: PixelCodecs, policy: SuitabilityPolicy, framesKept = 3) {
    this.#studies = studies
    this.#codecs = codecs
    this.#policy = policy
    this.#framesKept = framesKept
  }

  async facts(studyId: string): Promise<FrameFacts | FrameRefusal> {
    const frame = await this.read(studyId)
    return isRefusal(frame) ? frame : frame.facts
  }

  async samples(studyId: string): Promise<Uint16Array | FrameRefusal> {
    const frame = await this.read(studyId)
    return isRefusal(frame) ? frame : frame.samples
  }

  /** Why there is no picture, as far as the worklist tells; null: there should be one. */
  async refuse(studyId: string): Promise<FrameRefusal | null> {
    const row = await this.#studies.row(studyId)
    if (!row) return noSuchStudy
    return row.outcome === 'not-analysed' ? nothingToShow(row.reason?.remedy ?? 'It was not analysed.') : null
  }

  async read(studyId: string): Promise<Frame | FrameRefusal> {
    const refusal = await this.refuse(studyId)
    if (refusal) return refusal
    const opened = this.#frames.get(studyId) ?? this.#open(studyId)
    // The one asked for last goes last.
    this.#frames.delete(studyId)
    this.#frames.set(studyId, opened)
    for (const oldest of this.#frames.keys()) {
      if (this.#frames.size <= this.#framesKept) break
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
