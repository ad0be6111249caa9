import { describe, expect, it } from 'vitest'
import { rejectionCodes } from '../../lib/screening/kernel/errors.ts'
import { warningCodes } from '../../lib/screening/kernel/warnings.ts'
import { textOf } from './code-blocks.ts'

const page = 'docs/dicom.md'

/** The codes in the first column of the table below a heading. */
function codesBelow(heading: string): string[] {
  const section = textOf(page).split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return [...section.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) =>
    [...cell.matchAll(/`([a-z0-9-]+)`/g)].map(([, code]) => code),
  )
}

describe(`${page}, Rejections`, () => {
  it('says of every rejection code when it is given, and of no other', () => {
    expect(codesBelow('Rejections').sort()).toEqual([...rejectionCodes].sort())
  })
})

describe(`${page}, Warnings`, () => {
  it('says of every warning what it means, and of no other', () => {
    expect(codesBelow('Warnings').sort()).toEqual([...warningCodes].sort())
  })
})
