import { type Html, html } from './html.ts'

export interface ReportTable {
  readonly caption: string
  readonly header: readonly string[]
  /** The first cell names the row; the others are figures and stand at the right. */
  readonly rows: readonly (readonly (string | number | null)[])[]
  /** Below the table, small. */
  readonly note?: string
}

export function tableHtml({ caption, header, rows, note }: ReportTable): Html {
  const [first, ...others] = header
  return html`<figure class="table"><table><caption>${caption}</caption>
<thead><tr><th scope="col">${first}</th>${others.map((name) => html`<th scope="col" class="figure">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([name, ...cells]) =>
      html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td class="figure">${cell ?? '–'}</td>`)}</tr>\n`,
  )}</tbody></table>${note ? html`<p class="note">${note}</p>` : null}</figure>
`
}
