import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { drawPlot } from '../../../lib/evaluation/report/draw-plot.ts'
import {
  formatMeasure,
  formatNumber,
  formatP,
  formatPercent,
  formatShare,
} from '../../../lib/evaluation/report/format-figures.ts'
import { escapeHtml, html } from '../../../lib/evaluation/report/html.ts'
import { logTicks } from '../../../lib/evaluation/report/log-ticks.ts'
import { buildReportPage, figuresHtml, remarksHtml } from '../../../lib/evaluation/report/report-page.ts'
import { writeReport } from '../../../lib/evaluation/report/write-report.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const hostile = `<img src=x onerror=alert(1)>"'&\u0000`

const figure = {
  id: 'plot',
  title: hostile,
  caption: hostile,
  svg: drawPlot({ ariaLabel: hostile, x: { label: hostile, domain: [0, 1] }, y: { label: 'Images', domain: [0, 1] } }),
}

describe('a report', () => {
  const page = buildReportPage({
    title: hostile,
    lead: hostile,
    sections: [{ id: 's', title: hostile, body: [figuresHtml([figure]), remarksHtml([hostile], 'none')] }],
    colophon: [hostile],
  })

  it('shows hostile names and runs nothing of them', () => {
    expect(page.markup).not.toMatch(/<img|<script/)
    expect(page.markup).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(page.markup).not.toContain('\u0000')
  })
  it('loads nothing from anywhere', () => {
    const loads = page.markup.replaceAll('http://www.w3.org/2000/svg', '').replaceAll(escapeHtml(hostile), '')
    expect(loads).not.toMatch(/https?:|@import|url\(|<link|src=/)
    expect(page.markup).toContain("default-src 'none'")
  })
  it('is written with each plot as SVG and PNG', async () => {
    const folder = temporaryFolder()
    await writeReport(folder, { page, figures: [figure], summary: { auc: 0.9 } })
    expect(readdirSync(folder).sort()).toEqual(['plots', 'report.html', 'summary.json'])
    expect(readdirSync(join(folder, 'plots')).sort()).toEqual(['plot.png', 'plot.svg'])
    const { width, height } = await sharp(join(folder, 'plots', 'plot.png')).metadata()
    expect([width, height]).toEqual([1560, 1200])
    expect(readFileSync(join(folder, 'plots', 'plot.svg'), 'utf8')).toMatch(
      /^<\?xml[\s\S]*xmlns="http:\/\/www.w3.org\/2000\/svg"/,
    )
  })
})

describe('a plot', () => {
  it('labels its axes and describes itself', () => {
    const svg = drawPlot({
      ariaLabel: 'Test',
      x: { label: 'Time, ms', domain: [0, 1] },
      y: { label: 'Images', domain: [0, 1] },
    })
    expect(svg).toContain('Time, ms')
    expect(svg).toContain('aria-label="Test"')
    expect(svg).toContain('role="img"')
  })
})

it('escapes what is inserted and leaves markup as it is', () => {
  expect(html`<p>${'<b>'}${html`<i>${'&'}</i>`}${null}${[1, '>']}</p>`.markup).toBe('<p>&lt;b&gt;<i>&amp;</i>1&gt;</p>')
  expect(escapeHtml(`a"'`)).toBe('a&quot;&#39;')
})

it('counts the remarks it leaves out', () => {
  expect(remarksHtml(['a', 'b', 'c'], 'none', 2).markup).toContain('… and 1 more')
  expect(remarksHtml([], 'none').markup).toContain('none')
})

it('formats figures for readers', () => {
  expect(formatNumber(-0.1234)).toBe('−0.123')
  expect(formatNumber(Number.NaN)).toBe('–')
  expect(formatPercent(0.8612)).toBe('86.1 %')
  expect(formatShare(1, 4)).toBe('1 of 4 (25.0 %)')
  expect(formatShare(0, 0)).toBe('0 of 0')
  expect(formatP(0.00001)).toBe('< 0.001')
  expect(formatP(0.04)).toBe('0.040')
  expect(formatMeasure({ value: null, why: 'no image' })).toBe('undefined: no image')
  expect(logTicks(0.15, 12)).toEqual([0.2, 0.5, 1, 2, 5, 10])
})
