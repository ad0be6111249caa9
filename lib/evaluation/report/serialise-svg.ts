import { escapeHtml } from './html.ts'

/** The part of a DOM node that markup is made of. */
interface MarkupNode {
  readonly nodeType: number
  readonly nodeValue: string | null
  readonly localName?: string
  readonly attributes?: Iterable<{ readonly name: string; readonly value: string }>
  readonly childNodes: Iterable<MarkupNode>
}

const elementNode = 1
const textNode = 3

/**
 * Well-formed XML of a drawing, every text and attribute escaped: names of files and values of attributes end up in
 * plots, and the DOM that draws them escapes for HTML only.
 */
export function serialiseSvg(node: MarkupNode): string {
  if (node.nodeType === textNode) return escapeHtml(node.nodeValue ?? '')
  if (node.nodeType !== elementNode || !node.localName) return ''
  const attributes = [...(node.attributes ?? [])].map(({ name, value }) => ` ${name}="${escapeHtml(value)}"`).join('')
  const children = [...node.childNodes].map(serialiseSvg).join('')
  return children === ''
    ? `<${node.localName}${attributes}/>`
    : `<${node.localName}${attributes}>${children}</${node.localName}>`
}
