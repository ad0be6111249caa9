import { expect, it } from 'vitest'
import { loadTypeface } from '../../lib/adapters/codecs/load-typeface.ts'
import { renderOverlay } from '../../lib/adapters/codecs/render-overlay.ts'
import { buildHeatMap } from '../../lib/screening/result-documents/heat-map/build-heat-map.ts'
import { buildOverlay } from '../../lib/screening/result-documents/overlay/build-overlay.ts'
import { buildComparison } from '../../lib/screening/result-documents/secondary-capture/build-comparison.ts'
import { facts, prepared, suspected } from '../result-documents/screened-image.ts'

const image = { rows: 2, columns: 3, pixels: Uint8Array.of(10, 20, 30, 40, 50, 60) }
const canvas = { rows: 3, columns: 4 }
const drawn = [{ row: 0, column: 0, ...canvas }]
const grey = (...levels: number[]): number[] => levels.flatMap((level) => [level, level, level])

const svgOf = (...marks: string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3">${marks.join('')}</svg>`

it('leaves the picture as it is where nothing is drawn, and black beside and below it', async () => {
  const { pixels, ...size } = await renderOverlay(image, { canvas, svg: svgOf(), drawn: [] })
  expect(size).toEqual(canvas)
  expect([...pixels]).toEqual(grey(10, 20, 30, 0, 40, 50, 60, 0, 0, 0, 0, 0))
})

it('covers with opaque marks and mixes with others, rounded half up', async () => {
  const opaque = '<rect x="1" y="0" width="1" height="1" fill="#e69f00"/>'
  const tint = '<rect x="2" y="1" width="1" height="1" fill="#ffffff" fill-opacity="0.2"/>'
  const below = '<rect x="0" y="2" width="4" height="1" fill="#101010"/>'
  const { pixels } = await renderOverlay(image, { canvas, svg: svgOf(opaque, tint, below), drawn })
  expect([...pixels]).toEqual([
    ...grey(10),
    ...[0xe6, 0x9f, 0],
    ...grey(30, 0),
    // 255 × 0.2 + 60 × 0.8
    ...grey(40, 50, 99, 0),
    ...grey(16, 16, 16, 16),
  ])
})

it('renders parts to the same pixels as the whole, and nothing is drawn outside them', async () => {
  const typeface = loadTypeface()
  const finding = suspected(true)
  const comparison = buildComparison(finding, prepared, facts, typeface)
  for (const { image, overlay } of [
    { image: prepared, overlay: buildOverlay(finding, prepared, facts, typeface) },
    { image: prepared, overlay: buildOverlay(suspected(false), prepared, facts, typeface) },
    { image: prepared, overlay: buildHeatMap(finding, prepared, facts, typeface) },
    comparison,
  ]) {
    const whole = { ...overlay, drawn: [{ row: 0, column: 0, ...overlay.canvas }] }
    expect(await renderOverlay(image, overlay)).toEqual(await renderOverlay(image, whole))
  }
})
