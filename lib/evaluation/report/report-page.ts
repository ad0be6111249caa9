import type { Figure } from './draw-plot.ts'
import { Html, html } from './html.ts'
import { pageStyle } from './page-style.ts'

export interface ReportSection {
  readonly id: string
  readonly title: string
  readonly body: readonly Html[]
}

export interface ReportPage {
  readonly title: string
  /** What was done with what, in a sentence or two. */
  readonly lead: string
  readonly sections: readonly ReportSection[]
  /** How each figure was made, and what it does not say. */
  readonly colophon: readonly string[]
}

/** One self-contained page: style and pictures inside, nothing loaded from anywhere, no script. */
export function buildReportPage({ title, lead, sections, colophon }: ReportPage): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(pageStyle)}</style>
</head>
<body>
<header><p class="brand">Pleura</p><h1>${title}</h1><p class="lead">${lead}</p>
<p class="notice">For research. Not for diagnostic use; not a medical device.</p></header>
<nav aria-label="Contents"><ol>${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ol></nav>
<main>
${sections.map(
  ({ id, title: name, body }) => html`<section id="${id}"><h2>${name}</h2>
${body}</section>
`,
)}</main>
<footer>${colophon.map((line) => html`<p>${line}</p>`)}</footer>
</body>
</html>
`
}

/** Plots side by side where the page is wide enough. */
export function figuresHtml(figures: readonly Figure[]): Html {
  return html`<div class="figures">${figures.map(
    ({ id, title, caption, svg }) => html`<figure class="plot" id="plot-${id}">
<h3>${title}</h3>${new Html(svg)}
<figcaption>${caption}</figcaption></figure>
`,
  )}</div>
`
}

/** A list of remarks, or a word that there are none. At most `limit`, with the rest counted. */
export function remarksHtml(remarks: readonly string[], none: string, limit = 200): Html {
  if (remarks.length === 0) return html`<p>${none}</p>\n`
  const more = remarks.length - limit
  return html`<ul class="remarks">${remarks.slice(0, limit).map((remark) => html`<li>${remark}</li>`)}${
    more > 0 ? html`<li>… and ${more} more</li>` : null
  }</ul>
`
}
