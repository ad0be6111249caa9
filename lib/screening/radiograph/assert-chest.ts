import { StudyRejectedError } from '../kernel/errors.ts'
import { chestRegionCodes, otherRegionCodes } from './anatomy-and-view-codes.ts'
import { terms } from './radiograph-terms.ts'
import type { CodedTerm, Statements } from './statements.ts'
import { foldText, isOneWord } from './term-list.ts'

/** `strange`: a part that the table of terms does not know. */
type Part = 'chest' | 'other' | 'strange' | null

/**
 * Judges the body part: by the attributes that name one; if these name no known part, by the descriptions of the
 * series; and if these name none either, by those of the study. An unknown part is not taken for a chest.
 * @throws {StudyRejectedError} wrong-body-part
 */
export function assertChest(bodyPartExamined: string | null, statements: Statements): void {
  const { anatomicRegions, anatomicStructures } = statements
  const named = [partOf(bodyPartExamined), ...anatomicRegions.map(regionOf)]
  if (named.includes('other')) throw wrong(named[0] === 'other' ? bodyPartExamined : anatomicRegions[0]?.meaning)
  if (anatomicStructures.map(regionOf).includes('other')) throw wrong(anatomicStructures[0].meaning)
  if (named.includes('chest')) return
  const { descriptions, processingCode, studyDescription } = statements
  const described = describedPart(descriptions, processingCode ?? '') ?? describedPart([studyDescription ?? ''], '')
  if (described === 'chest') return
  if (named.includes('strange')) throw wrong(bodyPartExamined ?? anatomicRegions[0]?.meaning)
  if (described === 'other') throw new StudyRejectedError('wrong-body-part', 'the description names another body part')
}

function partOf(text: string | null): Part {
  if (text === null || foldText(text) === '' || terms.saysNothing.isIn(text)) return null
  if (terms.notTheChest.isIn(text) || terms.thoracicSpine.isIn(text)) return 'other'
  if (terms.chest.isIn(text)) return 'chest'
  if (terms.otherPartsByName.isIn(text)) return 'other'
  return terms.withinChest.isIn(text) ? 'chest' : 'strange'
}

function regionOf({ code, meaning }: CodedTerm): Part {
  if (code === null && meaning === null) return null
  if (code !== null && chestRegionCodes.has(code)) return 'chest'
  if (code !== null && otherRegionCodes.has(code)) return 'other'
  return partOf(meaning) ?? 'strange'
}

function describedPart(texts: readonly string[], processingCode: string): Part {
  const text = [...texts, processingCode].join(' | ')
  const besides = terms.thoracicSpine.without(text)
  if (terms.chest.isIn(besides) || terms.withinChest.isIn(besides)) return 'chest'
  if (texts.some((one) => isOneWord(one) && terms.otherPartsByName.isIn(one))) return 'other'
  return terms.otherParts.isIn(text) ? 'other' : null
}

const wrong = (part: string | null | undefined): StudyRejectedError =>
  new StudyRejectedError('wrong-body-part', `body part examined ${quoteTerm(part ?? '')}`)

/** A term from a file as it may stand in our messages: one word at most, since free text might name a patient. */
export const quoteTerm = (term: string): string =>
  /^[A-Z_]{1,16}$/.test(term.toUpperCase()) ? `'${term.toUpperCase()}'` : 'of several words or signs'
