import { describe, expect, it } from 'vitest'
import { reviewRequest } from '../../lib/console/contract/review.ts'

const said = { reviewer: 'Ada', agreement: 'agree', pneumothorax: 'present', side: 'left', note: '' }
const isTaken = (changes: object) => reviewRequest.safeParse({ ...said, ...changes }).success

describe('a review', () => {
  it.each([
    ['of what is present, with its side', {}],
    ['of what is present, side unknown', { side: null, mask: 'AAAA' }],
    ['of what is undecided, with a mask', { pneumothorax: 'undecided', side: null, mask: 'AAA=' }],
    ['of what is absent', { pneumothorax: 'absent', side: null }],
    ['by a name of 100 characters outside the basic plane', { reviewer: '𝒜'.repeat(100) }],
  ])('is taken %s', (_, changes) => {
    expect(isTaken(changes)).toBe(true)
  })

  it.each([
    ['a side of what is absent', { pneumothorax: 'absent' }],
    ['a side of what is undecided', { pneumothorax: 'undecided' }],
    ['a mask of what is absent', { pneumothorax: 'absent', side: null, mask: 'AAAA' }],
    ['a mask that is no base64', { mask: 'A?==' }],
    ['blanks for a name', { reviewer: ' \n' }],
    ['a name of 101 characters', { reviewer: 'a'.repeat(101) }],
    ['a member that nobody knows', { outcome: 'suspected' }],
  ])('is not taken with %s', (_, changes) => {
    expect(isTaken(changes)).toBe(false)
  })

  it('has its name without the blanks around it', () => {
    expect(reviewRequest.parse({ ...said, reviewer: ' Ada ' })).toMatchObject({ reviewer: 'Ada', mask: null })
  })
})
