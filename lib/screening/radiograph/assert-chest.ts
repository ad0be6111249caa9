import { StudyRejectedError } from '../kernel/errors.ts'
import { chestRegionCodes, terms } from './radiograph-terms.ts'
import type { CodedTerm, Statements } from './statements.ts'
import { foldText } from './term-list.ts'

/** `strange`: a part that the table of terms does not know. */
type Part = 'chest' | 'other' | 'strange' | null

/**
 * Judges the body part. What names a part beats what describes a series, and that a study: descriptions count where
 * no attribute names a part that is known. A part that is not known is not taken for a chest.
 * @throws {StudyRejectedError} wrong-body-part
 */
export function assertChest(bodyPartExamined: string | null, statements: Statements): void {
  const named = [partOf(bodyPartExamined), regionOf(statements.anatomicRegion)]
  if (named.includes('other')) throw wrong(named[0] === 'other' ? bodyPartExamined : statements.anatomicRegion?.meaning)
  if (named.includes('chest')) return
  const described = describedPart([...statements.descriptions, statements.studyDescription ?? ''])
  if (described === 'chest') return
  if (named.includes('strange')) throw wrong(bodyPartExamined ?? statements.anatomicRegion?.meaning)
  if (described === 'other') throw new StudyRejectedError('wrong-body-part', 'the description names another body part')
}

function partOf(text: string | null): Part {
  if (text === null || foldText(text) === '' || terms.saysNothing.isIn(text)) return null
  if (terms.notTheChest.isIn(text)) return 'other'
  if (terms.chest.isIn(text)) return 'chest'
  if (terms.otherPartsByName.isIn(text)) return 'other'
  return terms.withinChest.isIn(text) ? 'chest' : 'strange'
}

function regionOf(region: CodedTerm | null): Part {
  if (region === null || (region.code === null && region.meaning === null)) return null
  if (region.code !== null && chestRegionCodes.has(region.code)) return 'chest'
  return partOf(region.meaning) ?? 'strange'
}

function describedPart(texts: readonly string[]): Part {
  const text = texts.join(' | ')
  if (terms.chest.isIn(text) || terms.withinChest.isIn(text)) return 'chest'
  return terms.otherParts.isIn(text) ? 'other' : null
}

const wrong = (part: string | null | undefined): StudyRejectedError =>
  new StudyRejectedError('wrong-body-part', `body part examined ${quoteTerm(part ?? '')}`)

/** Defined terms only go into our messages; free text from a file might name a patient. */
export const quoteTerm = (term: string): string =>
  /^[A-Z _]{1,16}$/.test(term.toUpperCase()) ? `'${term.toUpperCase()}'` : 'not a defined term'
