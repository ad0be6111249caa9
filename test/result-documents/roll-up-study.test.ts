import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  maximumStudyImages,
  rollUpStudy,
  type StudyImage,
} from '../../lib/screening/result-documents/study-result/roll-up-study.ts'
import { patientMarkOf, studyDigestOf } from '../../lib/screening/result-documents/study-result/study-identity.ts'
import { studyResult } from '../../lib/screening/result-documents/study-result/study-result.ts'
import {
  anyResults,
  idOf,
  image,
  notAnalysedFor,
  notSuspectedWith,
  resultOf,
  suspectedWith,
  uid,
} from './study-images.ts'

const rollUp = (images: readonly StudyImage[]) => rollUpStudy(uid, images, 'full')

describe('the result of a study', () => {
  it('has the published schema, and an example made by the code', async () => {
    const schema = `${JSON.stringify(z.toJSONSchema(studyResult), null, 2)}\n`
    await expect(schema).toMatchFileSnapshot('../../docs/schemas/study-result.schema.json')
    const example = rollUp([
      image(1, notSuspectedWith(0.02)),
      image(2, suspectedWith(0.8, 'left')),
      image(3, notAnalysedFor('lateral-view')),
    ])
    expect(studyResult.parse(example)).toEqual(example)
    const text = `${JSON.stringify(example, null, 2)}\n`
    await expect(text).toMatchFileSnapshot('../../docs/reference/examples/study/study.json')
  })

  it.each([
    ['suspected in one, whatever the others', [suspectedWith(0.5, 'left'), notSuspectedWith(0.1)], 'suspected'],
    ['suspected in one, others not analysed', [suspectedWith(0.5, null), notAnalysedFor('truncated')], 'suspected'],
    ['analysed whole, suspected in none', [notSuspectedWith(0.1), notSuspectedWith(0.2)], 'not-suspected'],
    ['not suspected in one, another not analysed', [notSuspectedWith(0.1), notAnalysedFor('truncated')], 'incomplete'],
    ['not suspected in one, another without a result', [notSuspectedWith(0.1), null], 'incomplete'],
    ['a lateral view beside it', [notSuspectedWith(0.1), notAnalysedFor('lateral-view')], 'incomplete'],
    ['nothing analysed', [notAnalysedFor('truncated'), null], 'not-analysed'],
  ] as const)('is, of one %s', (_, said, outcome) => {
    expect(rollUp(said.map((changes, number) => image(number, changes))).outcome).toBe(outcome)
  })

  it('counts what was not analysed, by reason, and names the image that decides', () => {
    const study = rollUp([
      image(1, suspectedWith(0.6, 'left')),
      image(2, suspectedWith(0.9, 'both')),
      image(3, notAnalysedFor('truncated')),
      image(4, notAnalysedFor('lateral-view')),
      image(5, notAnalysedFor('lateral-view')),
      image(6, null),
      image(7, notSuspectedWith(0.1), { failed: true }),
    ])
    expect(study).toMatchObject({
      outcome: 'suspected',
      probability: 0.9,
      decidingImage: idOf(2),
      counts: { images: 7, suspected: 2, notSuspected: 0, notAnalysed: 5 },
      notAnalysed: [
        { reason: 'lateral-view', images: 2 },
        { reason: 'no-result', images: 1 },
        { reason: 'system-failure', images: 1 },
        { reason: 'truncated', images: 1 },
      ],
      sides: { left: { images: 2, probability: 0.9 }, right: { images: 1, probability: 0.9 } },
    })
  })

  it('lets a suspected image decide, also where a higher probability of other models is not suspected', () => {
    const study = rollUp([image(1, suspectedWith(0.2, 'left')), image(2, notSuspectedWith(0.4))])
    expect(study).toMatchObject({ outcome: 'suspected', probability: 0.4, decidingImage: idOf(1) })
  })

  it('is discordant only where no suspected image has a region', () => {
    expect(rollUp([image(1, suspectedWith(0.5, null)), image(2, suspectedWith(0.6, null))]).discordant).toBe(true)
    expect(rollUp([image(1, suspectedWith(0.5, null)), image(2, suspectedWith(0.6, 'right'))])).toMatchObject({
      discordant: false,
      sides: { left: null, right: { images: 1, probability: 0.6 } },
    })
  })

  it('says where patients or issuers differ, and where nothing is known of them does not', () => {
    const marked = (...marks: (string | null)[]) =>
      rollUp(marks.map((patientMark, number) => image(number, notSuspectedWith(0.1), { patientMark }))).warnings
    expect(marked('aaaa', 'bbbb')).toEqual(['patients-differ'])
    expect(marked('aaaa', 'aaaa', null)).toEqual([])
    const markOf = (PatientID: string, IssuerOfPatientID?: string) =>
      patientMarkOf(uid, { PatientID, ...(IssuerOfPatientID && { IssuerOfPatientID }) })
    expect(markOf('1')).toBe(markOf(' 1 '))
    expect(new Set([markOf('1'), markOf('2'), markOf('1', 'HOSPITAL'), markOf('')]).size).toBe(4)
    expect(patientMarkOf('2.25.3', { PatientID: '1' })).not.toBe(markOf('1'))
  })

  it('says where its images were not analysed alike', () => {
    const other = { ...notSuspectedWith(0.1), screeningKey: 'c'.repeat(64) }
    expect(rollUp([image(1, notSuspectedWith(0.1)), image(2, other)]).warnings).toEqual(['models-differ'])
  })

  it('lets a later result of an image take the place of an earlier one, but no refusal for a quota', () => {
    const at = (second: number, changes: object) => image(1, { ...changes, analysedAt: `2026-01-02T03:04:0${second}Z` })
    const [old, young] = [at(1, suspectedWith(0.9, 'left')), at(2, notSuspectedWith(0.1))]
    expect(rollUp([old, young])).toMatchObject({ outcome: 'not-suspected', counts: { images: 1 } })
    expect(rollUp([old, at(2, notAnalysedFor('truncated'))]).outcome).toBe('not-analysed')
    expect(rollUp([old, at(2, notAnalysedFor('quota-exceeded'))]).outcome).toBe('suspected')
  })

  it('names no UID a study that too many images share, and never calls it a negative', () => {
    const shared = Array.from({ length: maximumStudyImages + 1 }, (_, number) => image(number, notSuspectedWith(0)))
    expect(rollUp(shared.slice(1)).outcome).toBe('not-suspected')
    expect(rollUp(shared)).toMatchObject({ outcome: 'incomplete', images: [], warnings: ['too-many-images'] })
    expect(studyResult.safeParse(rollUp(shared)).success).toBe(true)
  })

  it('tells in triage mode no side, nor whether there is a region, whatever the results hold', () => {
    fc.assert(
      fc.property(anyResults, (results) => {
        const images = results.map((result) => ({ imageId: result.imageId, patientMark: null, failed: false, result }))
        const study = rollUpStudy(uid, images, 'triage')
        expect(study).toMatchObject({ sides: null, discordant: false })
        expect(JSON.stringify(study)).not.toMatch(/left|right|both|mask|box|area|segment/i)
      }),
    )
  })

  it('is a function of the set of results: no order, no repetition changes it', () => {
    fc.assert(
      fc.property(
        anyResults.chain((results) =>
          fc.tuple(
            fc.constant(results),
            fc.shuffledSubarray([...results, ...results, ...results], { minLength: results.length * 3 }),
            fc.subarray(results).map((failures) => failures.slice(0, 1)),
          ),
        ),
        ([results, shuffled, failures]) => {
          const imagesOf = (of: typeof results): StudyImage[] => [
            ...of.map((result) => ({
              imageId: result.imageId,
              patientMark: result.imageId.slice(-4),
              failed: false,
              result,
            })),
            ...failures.map(({ imageId }) => ({ imageId, patientMark: null, failed: true, result: null })),
          ]
          const study = rollUp(imagesOf(results))
          expect(studyResult.parse(study)).toEqual(study)
          expect(rollUp(imagesOf(shuffled))).toEqual(study)
          expect(rollUp(imagesOf(shuffled).reverse())).toEqual(study)
          // By the definition, not by the fold under test.
          const standing = study.images.map(({ outcome }) => outcome)
          const expected = standing.includes('suspected')
            ? 'suspected'
            : !standing.includes('not-suspected')
              ? 'not-analysed'
              : standing.includes('not-analysed')
                ? 'incomplete'
                : 'not-suspected'
          expect(study.outcome).toBe(expected)
        },
      ),
    )
  })

  it('is named by a digest, since some senders write what names a patient in place of a UID', () => {
    expect(studyDigestOf('DOE-JOHN')).toMatch(/^[0-9a-f]{32}$/)
    expect(studyDigestOf('1.2')).not.toBe(studyDigestOf('1.20'))
    expect(resultOf(1).source?.studyInstanceUid).toBe(uid)
  })
})
