/** Markup that may go into a page as it is. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

type Insertable = Html | string | number | null | readonly Insertable[]

/** A template whose insertions are escaped unless they are Html themselves; null leaves nothing. */
export function html(parts: TemplateStringsArray, ...insertions: readonly Insertable[]): Html {
  return new Html(parts.reduce((page, part, at) => page + markupOf(insertions[at - 1]) + part))
}

function markupOf(value: Insertable): string {
  if (value === null) return ''
  if (value instanceof Html) return value.markup
  if (typeof value === 'object') return value.map(markupOf).join('')
  return escapeHtml(String(value))
}

/** Also drops control characters, which no page may hold. */
export function escapeHtml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '�')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;')
  )
}
