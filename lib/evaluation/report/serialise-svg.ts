import type { Typeface } from '../../screening/result-documents/overlay/overlay-marks.ts'
import { escapeHtml } from './html.ts'

/** The part of a DOM node that markup is made of. */
export interface MarkupNode {
  readonly nodeType: number
  readonly nodeValue: string | null
  readonly localName?: string
  readonly textContent: string | null
  readonly attributes?: Iterable<{ readonly name: string; readonly value: string }>
  readonly childNodes: Iterable<MarkupNode>
}

/** What text inherits from the groups around it. Unit of `size`: pixels. */
interface TextSetting {
  readonly anchor: string
  readonly size: number
}

const elementNode = 1
const textNode = 3

/**
 * Well-formed XML of a drawing, every text and attribute escaped: names of files and values of attributes end up in
 * plots, and the DOM that draws them escapes for HTML only.
 * @param typeface turns texts into outlines, for pictures made where there may be no font; null leaves them texts
 */
export function serialiseSvg(
  node: MarkupNode,
  typeface: Typeface | null = null,
  setting: TextSetting = { anchor: 'start', size: 12 },
): string {
  if (node.nodeType === textNode) return escapeHtml(node.nodeValue ?? '')
  if (node.nodeType !== elementNode || !node.localName) return ''
  const attributes = new Map([...(node.attributes ?? [])].map(({ name, value }) => [name, value]))
  const inner = inherit(setting, attributes, node.localName)
  if (typeface && node.localName === 'text') return outlineText(node.textContent ?? '', attributes, inner, typeface)
  const children = [...node.childNodes].map((child) => serialiseSvg(child, typeface, inner)).join('')
  return element(node.localName, attributes, children)
}

/** The root's own size is that of its style, which every plot has alike. */
function inherit(setting: TextSetting, attributes: ReadonlyMap<string, string>, name: string): TextSetting {
  const size = name === 'svg' ? Number.NaN : Number.parseFloat(attributes.get('font-size') ?? '')
  return { anchor: attributes.get('text-anchor') ?? setting.anchor, size: size > 0 ? size : setting.size }
}

function outlineText(
  text: string,
  attributes: ReadonlyMap<string, string>,
  { anchor, size }: TextSetting,
  typeface: Typeface,
): string {
  const width = typeface.widthOf(text, size)
  const shift = { start: 0, middle: -width / 2, end: -width }[anchor] ?? 0
  const lowered = Number.parseFloat(attributes.get('y') ?? '0') * size
  const path = typeface.outline(text, shift, lowered, size)
  const placed = new Map([...attributes].filter(([name]) => name !== 'y'))
  return element('path', placed.set('d', path), '')
}

function element(name: string, attributes: ReadonlyMap<string, string>, children: string): string {
  const written = [...attributes].map(([key, value]) => ` ${key}="${escapeHtml(value)}"`).join('')
  return children === '' ? `<${name}${written}/>` : `<${name}${written}>${children}</${name}>`
}
