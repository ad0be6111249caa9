import fc from 'fast-check'
import { buildResultDocument } from '../../lib/screening/result-documents/build-result-document.ts'
import type { ResultDocument } from '../../lib/screening/result-documents/result-document.ts'
import type { StudyImage } from '../../lib/screening/result-documents/study-result/roll-up-study.ts'
import { source, suspected } from './screened-image.ts'

export const uid = '2.25.2'
export const idOf = (number: number): string => number.toString(16).padStart(32, '0')

const base = buildResultDocument(suspected(true), { ...source, documents: [], timingsMs: {} })
const { classification, segmentation } = base

/** A result of image `number`, as a screening writes it. */
export function resultOf(number: number, changes: Partial<ResultDocument> = {}): ResultDocument {
  return { ...base, imageId: idOf(number), ...changes }
}

export type Side = 'left' | 'right' | 'both' | null

export const suspectedWith = (probability: number, side: Side): Partial<ResultDocument> => ({
  outcome: 'suspected',
  discordant: side === null,
  classification: { ...classification!, probability },
  segmentation: { ...segmentation!, side },
})

export const notSuspectedWith = (probability: number): Partial<ResultDocument> => ({
  outcome: 'not-suspected',
  classification: { ...classification!, probability },
  segmentation: null,
})

export const notAnalysedFor = (code: 'lateral-view' | 'truncated' | 'quota-exceeded'): Partial<ResultDocument> => ({
  outcome: 'not-analysed',
  reason: { code, detail: '', remedy: '' },
  classification: null,
  segmentation: null,
})

export const image = (
  number: number,
  changes: Partial<ResultDocument> | null,
  { patientMark = 'aaaa', failed = false }: Partial<Pick<StudyImage, 'patientMark' | 'failed'>> = {},
): StudyImage => ({
  imageId: idOf(number),
  patientMark,
  failed,
  result: changes && resultOf(number, changes),
})

const said = fc.oneof(
  fc
    .tuple(fc.integer({ min: 5, max: 10 }), fc.constantFrom<Side>('left', 'right', 'both', null))
    .map(([tenths, side]) => suspectedWith(tenths / 10, side)),
  fc.integer({ min: 0, max: 5 }).map((tenths) => notSuspectedWith(tenths / 10)),
  fc.constantFrom(notAnalysedFor('lateral-view'), notAnalysedFor('truncated'), notAnalysedFor('quota-exceeded')),
)

/** Results of few images, several of some, made by few models at times of which no two results of an image share one. */
export const anyResults: fc.Arbitrary<ResultDocument[]> = fc.uniqueArray(
  fc
    .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 9 }), fc.constantFrom('b', 'c', 'd'), said)
    .map(([number, second, key, changes]) =>
      resultOf(number, {
        ...changes,
        screeningKey: key.repeat(64),
        analysedAt: `2026-01-02T03:04:0${second}.000Z`,
      }),
    ),
  { maxLength: 12, selector: ({ imageId, analysedAt, screeningKey }) => `${imageId} ${analysedAt} ${screeningKey}` },
)
