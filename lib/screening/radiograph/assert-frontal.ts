import { StudyRejectedError } from '../kernel/errors.ts'
import type { WarningCode } from '../kernel/warnings.ts'
import { quoteTerm } from './assert-chest.ts'
import type { AcquisitionFacts } from './radiograph.ts'
import { frontalViewCodes, otherViewCodes, terms } from './radiograph-terms.ts'
import type { Statements } from './statements.ts'

/** `several`: frontal and another, as a study or a series of both is described. */
type View = 'frontal' | 'other' | 'several' | null

/**
 * Judges the view. ViewPosition and the view's code are of this image: either may refuse it, and where they say that it
 * is frontal, no description does. Else descriptions of the series count, and where those are silent, that of the study;
 * one that names several views decides nothing.
 * @returns warnings: view-contradicted, view-unclear
 * @throws {StudyRejectedError} lateral-view
 */
export function assertFrontal(facts: AcquisitionFacts, statements: Statements): WarningCode[] {
  const { viewPosition, bodyPartExamined } = facts
  const { view, descriptions, studyDescription } = statements
  if (viewPosition !== null && terms.notFrontalByCode.isIn(viewPosition)) {
    throw notFrontal(`view position ${quoteTerm(viewPosition)}`)
  }
  const code = view?.code ?? ''
  if (
    otherViewCodes.has(code) ||
    (!frontalViewCodes.has(code) && terms.notFrontalByCode.isIn(`${code} ${view?.meaning ?? ''}`))
  ) {
    throw notFrontal('the view code is not that of a frontal view')
  }
  if (facts.patientOrientation?.some((direction) => /^[AP]/.test(direction))) {
    throw notFrontal('PatientOrientation runs front to back')
  }
  const isSaidFrontal =
    terms.frontal.isIn(viewPosition ?? '') || frontalViewCodes.has(code) || terms.frontal.isIn(view?.meaning ?? '')
  const described = [bodyPartExamined ?? '', ...descriptions].map(describedView)
  if (isSaidFrontal) return described.includes('other') ? ['view-contradicted'] : []
  if (described.includes('other')) throw notFrontal('a description names another view than a frontal one')
  if (described.includes('frontal')) return []
  const study = describedView(studyDescription ?? '')
  if (study === 'other') throw notFrontal('the study is described by another view than a frontal one')
  return described.includes('several') || study === 'several' ? ['view-unclear'] : []
}

function describedView(text: string): View {
  const isFrontal = terms.frontal.isIn(text)
  const isSeveral = terms.severalViews.isIn(text)
  if (terms.notFrontal.isIn(text)) return isFrontal || isSeveral ? 'several' : 'other'
  if (isSeveral) return 'several'
  return isFrontal ? 'frontal' : null
}

const notFrontal = (detail: string): StudyRejectedError => new StudyRejectedError('lateral-view', detail)
