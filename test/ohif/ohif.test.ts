import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ResultLine } from '../../lib/screening/result-documents/result-line.ts'
import { launchBrowser } from '../browser/launch-browser.ts'
import { openPage } from '../browser/open-browser.ts'
import { readResults, runPleura } from '../cli/run-pleura.ts'
import { type Orthanc, openOrthanc } from '../judges/open-orthanc.ts'
import { OhifPage, softwareGraphics } from './ohif-page.ts'
import { type OhifServer, serveOhif } from './serve-ohif.ts'

/*
 * What a reader sees of our objects: phantoms and their results in a real Orthanc, shown by OHIF in a real browser.
 * Set OHIF_SCREENSHOTS to a folder to look at it.
 */

const screenshots = process.env.OHIF_SCREENSHOTS

let folder: string
let orthanc: Orthanc
let ohif: OhifServer
let browser: Browser
let suspected: ResultLine
let notSuspected: ResultLine

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pleura-ohif-'))
  orthanc = await openOrthanc()
  ohif = await serveOhif(orthanc.url)
  browser = await launchBrowser(softwareGraphics)

  const [phantoms, out, targets] = ['phantoms', 'results', 'targets.json'].map((name) => join(folder, name))
  const target = { kind: 'stow', name: 'orthanc', url: orthanc.dicomWeb, allowPrivateAddress: true }
  await writeFile(targets, JSON.stringify({ tenant: 'clinic', targets: [target] }))
  expect(await runPleura('phantom', '--count', '2', '--seed', '1', '--out', phantoms)).toMatchObject({ code: 0 })
  expect(
    await runPleura(
      'screen',
      join(phantoms, 'dicom-images-train'),
      '--out',
      out,
      '--documents',
      'all',
      '--deliver',
      targets,
    ),
  ).toMatchObject({
    code: 0,
  })

  const lines = await readResults(out)
  for (const { input } of lines) await store(input)
  suspected = lines.find(({ outcome }) => outcome === 'suspected')!
  notSuspected = lines.find(({ outcome }) => outcome === 'not-suspected')!
})
afterAll(async () => {
  await browser?.close()
  await ohif?.close()
  await orthanc?.stop()
  await rm(folder, { recursive: true })
})

let viewer: OhifPage
beforeEach(async () => {
  const { page, complaints } = await openPage(browser, { viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(120_000)
  viewer = new OhifPage(page)
  return async () => {
    await page.context().close()
    expect(complaints.filter((text) => /TypeError|RangeError|is not a function/.test(text))).toEqual([])
  }
})

/** Puts a file into the archive by STOW-RS. */
async function store(path: string): Promise<void> {
  const boundary = 'boundary-of-a-phantom'
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
    await readFile(path),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
  const type = `multipart/related; type="application/dicom"; boundary=${boundary}`
  const answer = await fetch(`${orthanc.dicomWeb}/studies`, { method: 'POST', headers: { 'content-type': type }, body })
  expect(answer.status).toBe(200)
}

const documentOf = ({ imageId }: ResultLine, name: string): string => join(folder, 'results', imageId!, name)
const resultOf = async (line: ResultLine) => JSON.parse(await readFile(documentOf(line, 'result.json'), 'utf8'))
const studyOf = async (line: ResultLine): Promise<string> => (await resultOf(line)).source.studyInstanceUid

/** Pixels of the source that lie well inside the mask, and well outside; and the box around it. */
async function sampleMask(line: ResultLine) {
  const { data, info } = await sharp(documentOf(line, 'mask.png'))
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const at = (x: number, y: number): number => data[y * info.width + x]
  const margin = 8
  const inside: [number, number][] = []
  const outside: [number, number][] = []
  const box = { left: info.width, top: info.height, right: 0, bottom: 0 }
  for (let y = margin; y < info.height - margin; y += 2) {
    for (let x = margin; x < info.width - margin; x += 2) {
      if (at(x, y) > 0) {
        box.left = Math.min(box.left, x)
        box.top = Math.min(box.top, y)
        box.right = Math.max(box.right, x)
        box.bottom = Math.max(box.bottom, y)
      }
      const around = [-margin, 0, margin].flatMap((dy) => [-margin, 0, margin].map((dx) => at(x + dx, y + dy) > 0))
      if (around.every(Boolean)) inside.push([x, y])
      else if (!around.some(Boolean) && (x + y) % 16 === 0) outside.push([x, y])
    }
  }
  return { inside, outside, box }
}

const share = (flags: readonly boolean[]): number => flags.filter(Boolean).length / flags.length

describe('OHIF over an Orthanc, of a suspected phantom', () => {
  it('lists every object in the study of the radiograph', async () => {
    await viewer.open(ohif.url, await studyOf(suspected))
    const expected = [
      'SEG Pneumothorax mask',
      'SR Pneumothorax report',
      'PR Pneumothorax outline',
      'DX Pneumothorax overlay',
    ]
    await expect
      .poll(() => viewer.series())
      .toEqual(expect.arrayContaining(expected.map((start) => expect.stringMatching(`^${start}`))))
    expect(await viewer.series()).toHaveLength(5)
  })

  it('shows the segmentation over the radiograph, where the mask is and nowhere else', async () => {
    await viewer.open(ohif.url, await studyOf(suspected))
    const { inside, outside } = await sampleMask(suspected)
    expect(inside.length).toBeGreaterThan(1000)
    const [within, without] = [await viewer.placesOf(inside), await viewer.placesOf(outside)]
    const before = await viewer.coloured([...within, ...without])
    expect(share(before)).toBeLessThan(0.01)
    await viewer.openSeries('Pneumothorax mask')
    await viewer.confirm()
    await expect.poll(async () => share(await viewer.coloured(within)), { timeout: 60_000 }).toBeGreaterThan(0.99)
    const after = await viewer.coloured(without)
    expect(share(after.filter((_, index) => !before[within.length + index]))).toBeLessThan(0.001)
    expect(await viewer.segmentLabels()).toEqual(['Pneumothorax (AI)'])
    if (screenshots) await viewer.screenshot(join(screenshots, 'ohif-segmentation.png'))
  })

  it('shows the report: its contour around the mask, its probability, its area and the site', async () => {
    await viewer.open(ohif.url, await studyOf(suspected))
    const { box } = await sampleMask(suspected)
    const [[left, top], [right, bottom]] = await viewer.placesOf([
      [box.left, box.top],
      [box.right, box.bottom],
    ])
    await viewer.openSeries('Pneumothorax report')
    const { classification, segmentation } = await resultOf(suspected)
    const probability = `Probability: ${classification.probability.toFixed(2)}`
    await expect
      .poll(() => viewer.measurementTexts().then((texts) => texts.join('\n')), { timeout: 60_000 })
      .toContain(probability)
    const texts = await viewer.measurementTexts()
    expect(texts).toContain(`Area: ${segmentation.areaMm2.toFixed(2)} mm2`)
    expect(texts).toContainEqual(expect.stringContaining('Pleura'))
    const drawn = await viewer.contourBox()
    for (const [one, other] of [
      [drawn.left, left],
      [drawn.top, top],
      [drawn.right, right],
      [drawn.bottom, bottom],
    ]) {
      expect(Math.abs(one - other)).toBeLessThan(6)
    }
    if (screenshots) await viewer.screenshot(join(screenshots, 'ohif-report.png'))
  })

  it('shows the secondary capture as a picture with a marked region', async () => {
    await viewer.open(ohif.url, await studyOf(suspected))
    await viewer.openSeries('Pneumothorax overlay')
    const everywhere = Array.from({ length: 200 * 150 }, (_, n) => [(n % 200) * 4, Math.floor(n / 200) * 4] as const)
    await expect.poll(async () => share(await viewer.coloured(everywhere)), { timeout: 60_000 }).toBeGreaterThan(0.001)
    if (screenshots) await viewer.screenshot(join(screenshots, 'ohif-secondary-capture.png'))
  })
})

describe('OHIF over an Orthanc, of a phantom that is not suspected', () => {
  it('has the report alone, which shows the probability and no region', async () => {
    await viewer.open(ohif.url, await studyOf(notSuspected))
    await expect
      .poll(() => viewer.series())
      .toEqual(expect.arrayContaining([expect.stringMatching(/^SR Pneumothorax report/)]))
    expect(await viewer.series()).toHaveLength(2)
    await viewer.openSeries('Pneumothorax report')
    const { classification } = await resultOf(notSuspected)
    const probability = `Probability: ${classification.probability.toFixed(2)}`
    await expect
      .poll(() => viewer.measurementTexts().then((texts) => texts.join('\n')), { timeout: 60_000 })
      .toContain(probability)
    expect((await viewer.measurementTexts()).join()).not.toContain('Area')
    if (screenshots) await viewer.screenshot(join(screenshots, 'ohif-not-suspected.png'))
  })
})

describe('Orthanc itself', () => {
  it('draws the secondary capture and the mask', async () => {
    const study = await studyOf(suspected)
    const [{ ID }] = await (await fetch(`${orthanc.url}/tools/lookup`, { method: 'POST', body: study })).json()
    const instances = await (await fetch(`${orthanc.url}/studies/${ID}/instances?simplify`)).json()
    const drawn = new Map<string, { width: number; height: number; channels: number }>()
    for (const { ID: id, MainDicomTags } of instances) {
      const answer = await fetch(`${orthanc.url}/instances/${id}/preview`)
      if (!answer.ok) continue
      const { width, height, channels } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata()
      drawn.set(MainDicomTags.SOPInstanceUID, { width, height, channels })
    }
    expect(drawn.size).toBe(3)
  })
})
