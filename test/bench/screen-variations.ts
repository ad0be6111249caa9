import { classify } from '../../lib/screening/classification/classify.ts'
import { buildInputTensor } from '../../lib/screening/classification/input-tensor.ts'
import { StudyRejectedError } from '../../lib/screening/kernel/errors.ts'
import { sha256Hex } from '../../lib/screening/kernel/identifiers.ts'
import { prepareImage } from '../../lib/screening/prepared-image/prepare-image.ts'
import type { PreparedImage } from '../../lib/screening/prepared-image/prepared-image.ts'
import { noTurn } from '../../lib/screening/prepared-image/upright.ts'
import type { Cascade } from '../../lib/screening/screen.ts'
import { type Picture, type Variation, varyPresentation } from './vary-presentation.ts'

/** What became of one variation of one picture. */
export interface Screened {
  /** Null when the study is not analysed. */
  readonly probability: number | null
  /** `silent`: as asked, without a warning; `warned`: as asked, with one; `replaced`: other levels, with a warning. */
  readonly rendering: 'silent' | 'warned' | 'replaced' | 'not-analysed'
  /** Of the same picture in the same frame, presented well. */
  readonly wellPresented: number
}

const expected = ['spacing-unknown']

function renderingOf({ greyLevels, warnings }: PreparedImage): Screened['rendering'] {
  if (warnings.every((code) => expected.includes(code))) return 'silent'
  return greyLevels.origin === 'window' ? 'warned' : 'replaced'
}

/** Screens variations of one picture with the classifier alone; pictures that come out the same are screened once. */
export function createVariationScreener(
  { classifier, operatingPoint }: Pick<Cascade, 'classifier' | 'operatingPoint'>,
  picture: Picture,
): (variation: Variation) => Promise<Screened> {
  const known = new Map<string, Promise<number>>()
  const probabilityOf = (prepared: PreparedImage): Promise<number> => {
    const digest = sha256Hex(prepared.pixels)
    const probability =
      known.get(digest) ??
      classify(
        classifier.session,
        classifier.bundle,
        operatingPoint,
        buildInputTensor(prepared, noTurn, classifier.bundle.input),
      ).then((classification) => classification.probability)
    known.set(digest, probability)
    return probability
  }
  const wellPresentedIn = new Map<string, Promise<number>>()
  return async (variation) => {
    const frame = `${variation.border} ${variation.borderShare}`
    const plain = { ...variation, bits: 12, factor: 1, offset: 0 }
    const screened = wellPresentedIn.get(frame) ?? probabilityOf(prepareImage(varyPresentation(picture, plain)))
    wellPresentedIn.set(frame, screened)
    const wellPresented = await screened
    try {
      const prepared = prepareImage(varyPresentation(picture, variation))
      return { probability: await probabilityOf(prepared), rendering: renderingOf(prepared), wellPresented }
    } catch (error) {
      if (!(error instanceof StudyRejectedError)) throw error
      return { probability: null, rendering: 'not-analysed', wellPresented }
    }
  }
}
