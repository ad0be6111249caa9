import { isDelineated } from '../../finding/finding.ts'
import { type RejectionCode, rejectionReasons } from '../../kernel/errors.ts'
import { areaPlaneOf, sideBasisOf } from '../build-result-document.ts'
import { derivedContext } from '../dicom-object/derived-context.ts'
import type { DerivedContext } from '../dicom-object/derived-object.ts'
import type { DocumentSource } from '../document-type.ts'
import type { ResultDocument } from '../result-document.ts'
import { notAnalysedSentence, sentenceOf } from './sentence.ts'

type Segmentation = NonNullable<ResultDocument['segmentation']>

/** Where and how large; of each what is known. */
export interface StatedRegion {
  readonly areaMm2: number | null
  readonly areaPlane: Segmentation['areaPlane']
  readonly side: Segmentation['side']
  readonly sideBasis: Segmentation['sideBasis']
}

/** What the screening says, or that it says nothing. */
export type Answer =
  | {
      readonly isPresent: boolean
      readonly probability: number
      readonly operatingPoint: { readonly id: string; readonly threshold: number }
      /** Null unless a region was found; always null in triage mode. */
      readonly region: StatedRegion | null
    }
  | { readonly notAnalysed: RejectionCode; readonly remedy: string }

/** A result in the terms that FHIR and HL7 v2 have in common. */
export interface ClinicalStatement {
  readonly context: DerivedContext
  readonly answer: Answer
  /** The answer in words. */
  readonly sentence: string
  readonly warnings: readonly string[]
}

/** Null of a picture without a data set: there is no study, and so nobody whom it could be stated of. */
export function clinicalStatement(source: DocumentSource): ClinicalStatement | null {
  const { finding, facts, prepared } = source
  const context = derivedContext(source)
  if (!context || !facts) return null
  const warnings = prepared?.warnings ?? []
  if (finding.outcome === 'not-analysed') {
    const { code } = finding
    return {
      context,
      answer: { notAnalysed: code, remedy: rejectionReasons[code] },
      sentence: notAnalysedSentence(code),
      warnings,
    }
  }
  const { probability, operatingPoint } = finding.classification
  const hasRegion = isDelineated(finding) && !finding.discordant
  return {
    context,
    answer: {
      isPresent: finding.outcome === 'suspected',
      probability,
      operatingPoint,
      region: hasRegion
        ? {
            areaMm2: finding.delineation.areaMm2,
            areaPlane: areaPlaneOf(facts),
            side: finding.delineation.side,
            sideBasis: sideBasisOf(facts),
          }
        : null,
    },
    sentence: sentenceOf(finding),
    warnings,
  }
}
