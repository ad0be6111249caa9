import { StudyRejectedError } from '../kernel/errors.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import { frontalViewCodes, otherViewCodes } from './anatomy-and-view-codes.ts'
import { quoteTerm } from './assert-chest.ts'
import type { AcquisitionFacts } from './radiograph.ts'
import { terms } from './radiograph-terms.ts'
import type { CodedTerm, Statements } from './statements.ts'
import { foldText, isOneWord } from './term-list.ts'

/** `several`: frontal and another, as in the description of a study or series that holds both. */
type View = 'frontal' | 'other' | 'several' | null

/**
 * Judges the view. ViewPosition and the view's code describe this very image: either may refuse it, and if one says
 * that it is frontal, no description can. Otherwise the descriptions of the series decide, and if these name no view,
 * that of the study. One that names several views decides nothing.
 * @returns warnings: view-contradicted, view-unclear
 * @throws {StudyRejectedError} lateral-view
 */
export function assertFrontal(facts: AcquisitionFacts, statements: Statements): WarningCode[] {
  const { viewPosition, bodyPartExamined } = facts
  const { views, viewModifiers, patientPosition, descriptions, processingCode, studyDescription } = statements
  if (viewPosition !== null && saysOtherView(viewPosition)) throw notFrontal(`view position ${quoteTerm(viewPosition)}`)
  if ([...views, ...viewModifiers].some(isOtherView)) throw notFrontal('the view code is not that of a frontal view')
  if (facts.patientOrientation?.some((direction) => /^[AP]/.test(direction))) {
    throw notFrontal('PatientOrientation runs front to back')
  }
  if (/D[LR]$/i.test(patientPosition ?? '')) throw notFrontal('PatientPosition is a lateral decubitus')
  const isSaidFrontal = terms.frontal.isIn(viewPosition ?? '') || views.some(isFrontalView)
  const described = [
    describedView(bodyPartExamined ?? '', terms.notFrontalByCode),
    describedView(processingCode ?? '', terms.notFrontal),
    ...descriptions.map((text) => describedView(text)),
  ]
  if (isSaidFrontal) return described.includes('other') ? ['view-contradicted'] : []
  if (described.includes('other')) throw notFrontal('a description names another view than a frontal one')
  // An unknown ViewPosition does not refuse the image, but adds a warning.
  const isStrange = viewPosition !== null && !namesNoView(viewPosition)
  if (described.includes('frontal')) return isStrange ? ['view-unclear'] : []
  const study = describedView(studyDescription ?? '')
  if (study === 'other') throw notFrontal('the study is described by another view than a frontal one')
  return isStrange || described.includes('several') || study === 'several' ? ['view-unclear'] : []
}

const saysOtherView = (text: string): boolean => terms.notFrontalByCode.isIn(terms.supine.without(text))

const namesNoView = (text: string): boolean =>
  foldText(text) === '' || terms.saysNothing.isIn(text) || terms.noView.isIn(text) || terms.chest.isIn(text)

function isOtherView({ code, meaning }: CodedTerm): boolean {
  if (code !== null && frontalViewCodes.has(code)) return false
  return (code !== null && otherViewCodes.has(code)) || saysOtherView(`${code ?? ''} ${meaning ?? ''}`)
}

const isFrontalView = ({ code, meaning }: CodedTerm): boolean =>
  (code !== null && frontalViewCodes.has(code)) || terms.frontal.isIn(meaning ?? '')

function describedView(
  described: string,
  notFrontalTerms = isOneWord(described) ? terms.notFrontalByCode : terms.notFrontal,
): View {
  const text = terms.supine.without(described)
  const isFrontal = terms.frontal.isIn(text)
  const isSeveral = terms.severalViews.isIn(text)
  if (notFrontalTerms.isIn(text)) return isFrontal || isSeveral ? 'several' : 'other'
  if (isSeveral) return 'several'
  return isFrontal ? 'frontal' : null
}

const notFrontal = (detail: string): StudyRejectedError => new StudyRejectedError('lateral-view', detail)
