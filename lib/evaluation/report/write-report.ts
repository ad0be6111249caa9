import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DOMParser } from 'linkedom'
import sharp from 'sharp'
import { loadTypeface } from '../../adapters/codecs/load-typeface.ts'
import { makeFolder } from '../../adapters/embedded/make-folder.ts'
import type { Typeface } from '../../screening/result-documents/overlay/overlay-marks.ts'
import type { Figure } from './draw-plot.ts'
import type { Html } from './html.ts'
import { type MarkupNode, serialiseSvg } from './serialise-svg.ts'

export interface Report {
  readonly page: Html
  readonly figures: readonly Figure[]
  /** The figures of the report as numbers, for other programs. */
  readonly summary: unknown
}

/** Texts of the PNGs as outlines: they look the same on machines without any font. */
function outlineTexts(svg: string): string {
  typeface ??= loadTypeface()
  const { documentElement } = new DOMParser().parseFromString(svg, 'image/svg+xml')
  return serialiseSvg(documentElement as unknown as MarkupNode, typeface)
}

let typeface: Typeface | null = null

/** Three pixels of the PNG for one of the SVG, whose unit is 1/72 inch to the renderer. */
const plotDensity = 3 * 72

/** Writes report.html (self-contained), summary.json and plots/<id>.svg and .png. */
export async function writeReport(folder: string, report: Report): Promise<void> {
  const plots = join(folder, 'plots')
  await makeFolder(plots)
  for (const { id, svg } of report.figures) {
    await writeFile(join(plots, `${id}.svg`), `<?xml version="1.0" encoding="UTF-8"?>\n${svg}\n`)
    await sharp(Buffer.from(outlineTexts(svg)), { density: plotDensity })
      .flatten({ background: 'white' })
      .png({ compressionLevel: 9 })
      .toFile(join(plots, `${id}.png`))
  }
  await writeFile(join(folder, 'summary.json'), `${JSON.stringify(report.summary, null, 2)}\n`)
  await writeFile(join(folder, 'report.html'), report.page.markup)
}
