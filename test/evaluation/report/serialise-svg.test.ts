import { DOMParser } from 'linkedom'
import { expect, it } from 'vitest'
import { type MarkupNode, serialiseSvg } from '../../../lib/evaluation/report/serialise-svg.ts'

const parse = (svg: string): MarkupNode =>
  new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement as unknown as MarkupNode

/** Ten pixels a letter; the path says where and how large the text was set. */
const typeface = {
  outline: (text: string, x: number, y: number, size: number) => `M${x},${y} ${text} at ${size}`,
  widthOf: (text: string) => 10 * text.length,
}

it('keeps a drawing as it is, escaped', () => {
  const svg = '<svg viewBox="0 0 1 1"><g fill="red"><text y="0.32em">a &lt; b</text></g></svg>'
  expect(serialiseSvg(parse(svg))).toBe(svg)
})

it('sets outlines where the text would stand', () => {
  const svg =
    '<svg font-size="10"><g text-anchor="end"><text transform="translate(5,6)" y="0.5em">ab</text></g><g text-anchor="middle" font-size="20"><text>abcd</text></g></svg>'
  expect(serialiseSvg(parse(svg), typeface)).toBe(
    '<svg font-size="10"><g text-anchor="end"><path transform="translate(5,6)" d="M-20,6 ab at 12"/></g><g text-anchor="middle" font-size="20"><path d="M-20,0 abcd at 20"/></g></svg>',
  )
})
