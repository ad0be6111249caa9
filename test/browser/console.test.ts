import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addExportReviewsCommand } from '../../lib/cli/export-reviews-command.ts'
import { decodeReference } from '../../lib/evaluation/dataset/decode-reference.ts'
import { readAnnotations } from '../../lib/evaluation/dataset/read-annotations.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { failedLine } from '../../lib/screening/result-documents/result-line.ts'
import { runCommand } from '../cli/run-command.ts'
import {
  drawPhantoms,
  newFolder,
  type OpenConsole,
  openConsole,
  removeFolder,
} from '../embedded/console/open-console.ts'
import { launchBrowser } from './launch-browser.ts'
import { expectAccessible, openPage, type WatchedPage } from './open-browser.ts'

/*
 * The console as its user meets it: a real browser against `pleura serve` with real inference. No graphics card.
 */

let browser: Browser
let served: OpenConsole
let watched: WatchedPage
let page: Page
const files = newFolder()

beforeAll(async () => {
  const [first, second, third] = await drawPhantoms(3)
  writeFileSync(join(files, 'first.dcm'), first)
  writeFileSync(join(files, 'second.dcm'), second)
  writeFileSync(join(files, 'cut.dcm'), third.slice(0, 5000))
  writeFileSync(join(files, 'failed.dcm'), third)
  writeFileSync(join(files, 'notes.txt'), 'no picture')
  served = await openConsole(newFolder())
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await served?.close()
  removeFolder(served.outDir)
  removeFolder(files)
})
beforeEach(async () => {
  watched = await openPage(browser)
  page = watched.page
  await page.goto(served.address)
  return async () => {
    await page.context().close()
    expect(watched.complaints).toEqual([])
  }
})

const rows = () => page.locator('.grid-body [role=row]')
const row = (name: string) => rows().filter({ hasText: name })
const readout = () => page.locator('.readout').textContent()
const gridHasRows = (count: number) => expect.poll(() => rows().count(), { timeout: 60_000 }).toBe(count)

/** The grey, or colour, of the canvas where a share of its width and height lies. */
const colourAt = (x: number, y: number): Promise<number[]> =>
  page.locator('canvas').evaluate(
    (canvas: HTMLCanvasElement, [x, y]) => {
      const place = [Math.floor(canvas.width * x), Math.floor(canvas.height * y)]
      return [...canvas.getContext('2d')!.getImageData(place[0], place[1], 1, 1).data]
    },
    [x, y],
  )
const wholePicture = (): Promise<string> =>
  page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL())

/** Drags from one point of the canvas to another: shares of its width and height. */
async function stroke(fromX: number, fromY: number, toX: number, toY: number): Promise<void> {
  const { x, y, width, height } = (await page.locator('canvas').boundingBox())!
  await page.mouse.move(x + width * fromX, y + height * fromY)
  await page.mouse.down()
  await page.mouse.move(x + width * toX, y + height * toY, { steps: 5 })
  await page.mouse.up()
}
const awayFromPicture = () => page.mouse.move(5, 5)
/** What is read once it no longer changes: the page draws a frame, or two, after what a user has done. */
async function settled<T>(read: () => Promise<T>): Promise<T> {
  for (let before = await read(); ; ) {
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
    const now = await read()
    if (JSON.stringify(now) === JSON.stringify(before)) return now
    before = now
  }
}

/** Unit: cm². */
const ownArea = async (): Promise<number> => Number(/Your mask ([\d.]+) cm²/.exec((await readout()) ?? '')?.[1])

async function openStudy(name: string): Promise<void> {
  await row(name).click()
  await page.locator('canvas').waitFor()
}

describe('an upload', () => {
  it('appears in the list, with a rejection in words for what was not analysed', async () => {
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles(['first.dcm', 'cut.dcm', 'notes.txt'].map((name) => join(files, name)))
    await gridHasRows(2)
    await expect.poll(() => row('cut.dcm').textContent()).toMatch(/Not analysed: truncated/)
    const uploads = page.getByRole('region', { name: 'Uploads' })
    await expect.poll(() => uploads.textContent()).toMatch(/truncated\. .*Send it again/)
    await expect.poll(() => uploads.textContent()).toMatch(/not-a-picture\. /)
    await expect.poll(() => uploads.getByRole('status').textContent()).toBe('3 of 3 finished')
    await page.getByRole('button', { name: 'Clear finished' }).click()
    await expect.poll(() => uploads.count()).toBe(0)
  })

  it('of a large file goes on where it broke off, also in a page that was loaded again', async () => {
    const large = { name: 'large.txt', mimeType: '', buffer: Buffer.alloc(17 * 2 ** 20, 'no picture ') }
    const choose = () => page.locator('input[type=file]').first().setInputFiles(large)
    const uploads = page.getByRole('region', { name: 'Uploads' })
    const sent: string[] = []
    let isBroken = true
    await page.route(/\/parts\/\d+$/, (route) => {
      const part = route.request().url().split('/').at(-1)!
      if (isBroken && part === '2') return route.abort('connectionreset')
      sent.push(part)
      return route.continue()
    })
    await choose()
    await expect.poll(() => uploads.textContent(), { timeout: 30_000 }).toMatch(/broken off; tried again in \d+ s/)
    await page.reload()
    await choose()
    await expect.poll(() => uploads.textContent(), { timeout: 30_000 }).toMatch(/broken off; tried again in \d+ s/)
    isBroken = false
    await expect.poll(() => uploads.textContent(), { timeout: 30_000 }).toMatch(/not-a-picture\. /)
    expect(sent).toEqual(['1', '2', '3'])
    // The connections that were cut.
    watched.complaints.splice(0)
  })

  it('may be a folder that is dropped', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'second.dcm'), (await drawPhantoms(2))[1])
    const protocol = await page.context().newCDPSession(page)
    const drop = { items: [], files: [folder], dragOperationsMask: 1 }
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await protocol.send('Input.dispatchDragEvent', { type, x: 600, y: 500, data: drop })
    }
    await gridHasRows(3)
    removeFolder(folder)
  })
})

describe('the worklist', () => {
  it('shows what another page has changed, without being asked', async () => {
    await gridHasRows(3)
    const other = await openPage(browser)
    await other.page.goto(served.address)
    await other.page.locator('.grid-body [role=row]').filter({ hasText: 'second.dcm' }).click()
    await other.page.locator('canvas').waitFor()
    await expect.poll(() => row('second.dcm').textContent(), { timeout: 10_000 }).toMatch(/in reading/)
    await other.page.context().close()
  })

  it('is read with the keyboard alone', async () => {
    await gridHasRows(3)
    await page.keyboard.press('/')
    await page.keyboard.type('first')
    await gridHasRows(1)
    await page.keyboard.press('Escape')
    await gridHasRows(3)
    await page.getByRole('grid').focus()
    await page.keyboard.press('End')
    const last = page.locator('[aria-selected=true]')
    await expect.poll(() => last.getAttribute('aria-rowindex')).toBe('4')
    const name = await last.locator('.file').textContent()
    await page.keyboard.press('Enter')
    await page.locator('.study').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('grid').waitFor()
    // The reader comes back to the row that was left.
    await expect.poll(() => last.locator('.file').textContent()).toBe(name)
  })

  it('keeps only the rows in sight in the document, of ten thousand', async () => {
    const changes = await (await page.request.get(`${served.address}api/studies`)).json()
    const many = Array.from({ length: 10_000 }, (_, number) => ({
      ...changes.rows[number % changes.rows.length],
      studyId: number.toString(16).padStart(32, '0'),
      names: [`${number}.dcm`],
    }))
    await page.route('**/api/studies*', (route) =>
      route.fulfill({ json: { ...changes, rows: many, isComplete: true } }),
    )
    await page.reload()
    await expect.poll(() => page.getByRole('grid').getAttribute('aria-rowcount')).toBe('10001')
    expect(await rows().count()).toBeLessThan(60)
    await page.keyboard.press('End')
    await expect.poll(() => page.locator('[aria-selected=true]').getAttribute('aria-rowindex')).toBe('10001')
  })

  it.each(['light', 'dark'] as const)('has no findings of axe in %s colours', async (colorScheme) => {
    const { page: coloured } = await openPage(browser, { colorScheme })
    await coloured.goto(served.address)
    await coloured.locator('.grid-body [role=row]').first().waitFor()
    await expectAccessible(coloured)
    await coloured.context().close()
  })
})

describe('the viewer', () => {
  beforeEach(async () => {
    await gridHasRows(3)
    await openStudy('first.dcm')
  })

  it('shows in the middle of the screen the grey that was screened', async () => {
    await page.keyboard.press('1')
    const studyId = /[0-9a-f]{32}/.exec(page.url())![0]
    const base = `${served.address}api/studies/${studyId}`
    const facts = await (await page.request.get(`${base}/frame-facts`)).json()
    const samples = await (await page.request.get(`${base}/frame`)).body()
    const table = Buffer.from(facts.presentations[0].greyTable, 'base64')
    await settled(wholePicture)
    const canvas = await page
      .locator('canvas')
      .evaluate((element: HTMLCanvasElement) => [element.width, element.height])
    // At one to one the canvas' pixel (x, y) shows the image's, the middles of both on one another.
    const shown = await page.locator('canvas').evaluate((element: HTMLCanvasElement) => {
      const [x, y] = [element.width >> 1, element.height >> 1]
      return [...element.getContext('2d')!.getImageData(x, y, 1, 1).data]
    })
    const column = Math.floor(facts.columns / 2 + (canvas[0] >> 1) + 0.5 - canvas[0] / 2)
    const row = Math.floor(facts.rows / 2 + (canvas[1] >> 1) + 0.5 - canvas[1] / 2)
    const isBetween = canvas.some((length, axis) => (length / 2 + [facts.columns, facts.rows][axis] / 2) % 1 !== 0)
    const expected = table[samples.readUInt16LE((row * facts.columns + column) * 2)]
    expect(Math.abs(shown[0] - expected)).toBeLessThanOrEqual(isBetween ? 12 : 0)
  })

  it('inverts, and back', async () => {
    const before = await settled(() => colourAt(0.5, 0.5))
    await page.keyboard.press('i')
    await expect.poll(async () => (await colourAt(0.5, 0.5))[0]).toBe(255 - before[0])
    await page.keyboard.press('i')
    await expect.poll(() => colourAt(0.5, 0.5)).toEqual(before)
  })

  it('changes the window by a drag, and names it as the own one of the reader', async () => {
    const before = await settled(wholePicture)
    const box = (await page.locator('canvas').boundingBox())!
    await page.mouse.move(box.x + 300, box.y + 200)
    await page.mouse.down()
    await page.mouse.move(box.x + 200, box.y + 260, { steps: 4 })
    await page.mouse.up()
    await expect.poll(wholePicture).not.toBe(before)
    const chosen = page.getByLabel('Grey levels', { exact: true }).locator('option:checked')
    await expect.poll(() => chosen.textContent()).toBe('your own')
  })

  it('marks the sides as the picture lies', async () => {
    const marks = () => page.locator('.mark').allTextContents()
    await expect.poll(marks).toEqual(['R', 'L', 'H', 'F'])
    await page.keyboard.press('x')
    await expect.poll(marks).toEqual(['L', 'R', 'H', 'F'])
    await page.keyboard.press('x')
    await page.keyboard.press('r')
    await expect.poll(marks).toEqual(['F', 'H', 'R', 'L'])
  })

  it('measures in millimetres, and says where they hold', async () => {
    await page.keyboard.press('1')
    await page.keyboard.press('l')
    const box = (await page.locator('canvas').boundingBox())!
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
    await page.mouse.move(middle.x - 50, middle.y)
    await page.mouse.down()
    await page.mouse.move(middle.x + 50, middle.y, { steps: 3 })
    await page.mouse.up()
    const studyId = /[0-9a-f]{32}/.exec(page.url())![0]
    const { spacing } = await (await page.request.get(`${served.address}api/studies/${studyId}/frame-facts`)).json()
    const [, mm, plane] = /Length ([\d.]+) mm( at the detector)?/.exec((await settled(readout))!)!
    expect(Number(mm)).toBeCloseTo(100 * spacing.columnMm, 0)
    expect(plane !== undefined).toBe(spacing.plane === 'detector')
  })

  it('shows the naked picture first to who wants that, and what was found after a key', async () => {
    const marked = await settled(wholePicture)
    await page.getByLabel('First look').check()
    await expect.poll(() => page.locator('.finding').textContent()).toMatch(/is hidden/)
    expect(await page.locator('h1').textContent()).toBe('First look')
    expect(await page.getByRole('button', { name: 'Contour (C)' }).count()).toBe(0)
    for (const key of ['c', 'f', 'a', 'o', 'd']) await page.keyboard.press(key)
    await expect.poll(readout).toMatch(/all overlays off/)
    await settled(wholePicture)
    expect(await page.locator('.study').textContent()).not.toMatch(/calibrated probability|suspected/i)
    await expectAccessible(page)

    // The next picture begins naked too, and so does this one when it is opened again.
    await page.keyboard.press('Escape')
    await openStudy('first.dcm')
    await expect.poll(() => page.locator('h1').textContent()).toBe('First look')
    await page.keyboard.press('m')
    await expect.poll(() => page.locator('.finding').textContent()).toMatch(/calibrated probability/)
    await expect.poll(wholePicture).toBe(marked)
    await page.keyboard.press('Escape')
    await row('cut.dcm').click()
    await expect.poll(() => page.locator('h1').textContent()).toMatch(/Not analysed/)
    await page.getByLabel('First look').uncheck()
  })

  it('takes all overlays off with one key, and shows the activation map with another', async () => {
    const naked = await settled(wholePicture)
    await page.keyboard.press('a')
    await expect.poll(wholePicture).not.toBe(naked)
    const mapped = await settled(wholePicture)
    await page.keyboard.press('o')
    await expect.poll(readout).toMatch(/all overlays off/)
    await expect.poll(wholePicture).not.toBe(mapped)
  })

  it('keeps the notice in view', async () => {
    await expect.poll(() => page.getByText('Not for diagnostic use.').isVisible()).toBe(true)
  })

  it('lets the reader draw and erase a mask, and undo it stroke by stroke', async () => {
    const naked = await settled(wholePicture)
    await page.keyboard.press('d')
    await stroke(0.4, 0.4, 0.45, 0.5)
    await expect.poll(readout).toMatch(/Your mask [\d.]+ cm²/)
    const drawn = await settled(ownArea)
    await expect.poll(wholePicture).not.toBe(naked)
    await stroke(0.6, 0.4, 0.6, 0.5)
    await expect.poll(ownArea).toBeGreaterThan(drawn)
    await page.keyboard.press('e')
    await stroke(0.6, 0.35, 0.6, 0.55)
    await page.keyboard.press('z')
    await page.keyboard.press('z')
    await awayFromPicture()
    await expect.poll(ownArea).toBe(drawn)
    await page.keyboard.press('z')
    await expect.poll(readout).not.toMatch(/Your mask/)
    await page.keyboard.press('y')
    await expect.poll(ownArea).toBe(drawn)
  })

  it('draws by the keyboard alone', async () => {
    await page.keyboard.press('d')
    await page.keyboard.press('Space')
    await expect.poll(ownArea).toBeGreaterThan(0)
    const dab = await settled(ownArea)
    await page.keyboard.press('.')
    await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('Shift+ArrowRight')
    await expect.poll(ownArea).toBeGreaterThan(dab)
    const drawn = await settled(ownArea)
    await page.keyboard.press('ArrowDown')
    expect(await settled(ownArea)).toBe(drawn)
  })

  it('keeps what was drawn while the reader looks at the neighbour', async () => {
    await page.keyboard.press('d')
    await stroke(0.3, 0.3, 0.35, 0.4)
    await expect.poll(ownArea).toBeGreaterThan(0)
    const drawn = await settled(ownArea)
    const address = page.url()
    await page.keyboard.press('Escape')
    await row('second.dcm').click()
    await page.locator('canvas').waitFor()
    await expect.poll(readout).not.toMatch(/Your mask/)
    await page.goto(address)
    await expect.poll(ownArea).toBe(drawn)
    await page.getByRole('button', { name: 'Discard it' }).click()
    await expect.poll(readout).not.toMatch(/Your mask/)
  })

  it('stores what was drawn with the review, for another reader to see and the export to hand on', async () => {
    await page.keyboard.press('d')
    await stroke(0.35, 0.3, 0.35, 0.45)
    await expect.poll(ownArea).toBeGreaterThan(0)
    const drawn = await settled(ownArea)
    await page.getByLabel('I disagree').check()
    await page.getByLabel('absent').check()
    await page.getByLabel('Reviewer').fill('B. Reader')
    await page.getByRole('button', { name: 'Store the review' }).click()
    await expect.poll(() => page.getByRole('alert').textContent()).toMatch(/say that none is present/)
    await page.getByLabel('present').check()
    await page.getByLabel("patient's right").check()
    await page.getByRole('button', { name: 'Store the review' }).click()
    await expect.poll(() => page.locator('.reviews').textContent()).toMatch(/B\. Reader: .*; mask, [\d.]+ cm²/)
    await expect.poll(readout).not.toMatch(/Your mask/)

    const other = await openPage(browser)
    await other.page.goto(page.url())
    await other.page.locator('canvas').waitFor()
    const picture = () => other.page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL())
    const before = await settled(picture)
    await other.page.getByRole('button', { name: 'Show the mask of B. Reader' }).click()
    await expect.poll(picture).not.toBe(before)
    await expectAccessible(other.page)
    await other.page.context().close()

    const studyId = /[0-9a-f]{32}/.exec(page.url())![0]
    const result = readFileSync(join(served.outDir, studyId, 'result.json'), 'utf8')
    const out = newFolder()
    await runCommand(addExportReviewsCommand, 'export-reviews', '--results', served.outDir, '--out', out)
    const { runLengths } = await readAnnotations(join(out, 'masks.csv'))
    const { rows, columns, spacing } = await (
      await page.request.get(`${served.address}api/studies/${studyId}/frame-facts`)
    ).json()
    const mask = decodeReference('first', runLengths.get('first')!, { rows, columns })
    const areaCm2 = (mask.reduce((sum, inside) => sum + inside, 0) * spacing.rowMm * spacing.columnMm) / 100
    expect(areaCm2).toBeCloseTo(drawn, 1)
    expect(readFileSync(join(served.outDir, studyId, 'result.json'), 'utf8')).toBe(result)
    removeFolder(out)
  })

  it('stores a review, which makes the study done', async () => {
    await page.getByLabel('I disagree').check()
    await page.getByLabel('present').check()
    await page.getByLabel("patient's left").check()
    await page.getByLabel('Note').fill('apical')
    await page.getByLabel('Reviewer').fill('A. Reader')
    await page.getByRole('button', { name: 'Store the review' }).click()
    await expect
      .poll(() => page.locator('.reviews').textContent())
      .toMatch(/A\. Reader: disagree, pneumothorax present; patient's left; apical/)
    await page.keyboard.press('Tab')
    await page.getByRole('link', { name: 'Worklist' }).click()
    await expect.poll(() => row('first.dcm').textContent()).toMatch(/done/)
    const labels = await (await page.request.get(`${served.address}api/reviews/labels.csv`)).text()
    expect(labels).toMatch(/^first\.dcm,1,left,A\. Reader/m)
  })

  it.each(['light', 'dark'] as const)('has no findings of axe in %s colours', async (colorScheme) => {
    const { page: coloured } = await openPage(browser, { colorScheme })
    await coloured.goto(page.url())
    await coloured.locator('canvas').waitFor()
    await expectAccessible(coloured)
    await coloured.context().close()
  })
})

describe('the page of agreement', () => {
  beforeEach(async () => {
    await gridHasRows(3)
    await page.getByRole('link', { name: 'Agreement' }).click()
    await page.locator('.tiles').waitFor()
  })

  it('says what was read, and that it is little', async () => {
    await expect.poll(() => page.locator('.remedy').textContent()).toMatch(/^Of read images only: .*suspected \d of \d/)
    await expect.poll(() => page.locator('.tiles').textContent()).toMatch(/few cases/)
    await expect.poll(() => page.locator('table').first().textContent()).toMatch(/\d{4}-\d\d-\d\d/)
    await page.getByLabel('Over time by').selectOption('month')
    await expect.poll(() => page.locator('table').first().textContent()).toMatch(/^month from.*\d{4}-\d\d-01/)
    await page.getByLabel('Read by').selectOption('A. Reader')
    await page.getByRole('link', { name: 'Worklist' }).click()
    await gridHasRows(3)
  })

  it.each(['light', 'dark'] as const)('has no findings of axe in %s colours', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  })
})

describe('the page of operations', () => {
  beforeEach(async () => {
    await gridHasRows(3)
    await page.getByRole('link', { name: 'Operations' }).click()
    await page.locator('.tiles').waitFor()
  })

  it('says what waits, what was rejected and what was found with which models', async () => {
    const text = () => page.locator('.figures').textContent()
    await expect.poll(text).toMatch(/truncated1.*Send it again/)
    await expect.poll(text).toMatch(/not tested\s*too few images/)
    // notes.txt and large.txt.
    await expect.poll(text).toMatch(/Set aside as no picture: 2/)
    expect(await page.getByRole('region', { name: 'Failed' }).count()).toBe(0)
  })

  it.each(['light', 'dark'] as const)('has no findings of axe in %s colours', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page)
  })
})

describe('a console on another interface', () => {
  it('asks for the token, and opens with it', async () => {
    const other = await openConsole(newFolder(), { host: '0.0.0.0', token: 'the-token' })
    const { page: locked } = await openPage(browser)
    await locked.goto(other.address.replace('0.0.0.0', '127.0.0.1'))
    await locked.getByLabel('Token').fill('another')
    await locked.keyboard.press('Enter')
    await expect.poll(() => locked.getByRole('alert').textContent()).toMatch(/not the token/)
    await locked.getByLabel('Token').fill('the-token')
    await locked.keyboard.press('Enter')
    await locked.getByRole('grid').waitFor()
    await locked.context().close()
    await other.close()
    removeFolder(other.outDir)
  })
})

describe('what was not analysed', () => {
  it('has no picture, and says why and what to do', async () => {
    await gridHasRows(3)
    await row('cut.dcm').click()
    await expect.poll(() => page.locator('.viewer').textContent()).toMatch(/not analysed/)
    await expect
      .poll(() => page.locator('.finding').textContent())
      .toMatch(/this says nothing about the patient.*Send it again/)
    expect(await page.locator('canvas').count()).toBe(0)
  })
})

describe('the result of another program', () => {
  it('appears without a reload', async () => {
    await gridHasRows(3)
    const line = failedLine('in/late.dcm', 'e'.repeat(32), 'truncated')
    appendFileSync(join(served.outDir, 'results.jsonl'), `${JSON.stringify(line)}\n`)
    await gridHasRows(4)
    await expect.poll(() => row('late.dcm').textContent()).toMatch(/Not analysed: truncated/)
  })
})

describe('what the system failed over', () => {
  it('never looks like a negative, and is screened again from the page of operations', async () => {
    const path = join(files, 'failed.dcm')
    const line = failedLine(path, imageIdOf(new Uint8Array(readFileSync(path))), 'system-failure')
    appendFileSync(join(served.outDir, 'results.jsonl'), `${JSON.stringify(line)}\n`)
    const failed = row('failed.dcm')
    await expect
      .poll(() => failed.locator('.outcome').textContent(), { timeout: 10_000 })
      .toBe('Not analysed: system-failure')
    expect(await failed.locator('.outcome').getAttribute('class')).toBe('outcome not-analysed')
    const filter = page.getByRole('combobox', { name: 'Outcome' })
    await filter.selectOption('not-suspected')
    await expect.poll(() => failed.count()).toBe(0)
    await filter.selectOption('not-analysed:system-failure')
    await gridHasRows(1)
    await filter.selectOption('')

    await page.getByRole('link', { name: 'Operations' }).click()
    const region = page.getByRole('region', { name: 'Failed' })
    await expect.poll(() => region.textContent()).toMatch(/failed\.dcm/)
    await expectAccessible(page)
    await region.getByRole('button', { name: 'Screen again: failed.dcm' }).click()
    await expect.poll(() => region.count(), { timeout: 60_000 }).toBe(0)
    await page.getByRole('link', { name: 'Worklist' }).click()
    await expect.poll(() => failed.locator('.outcome').textContent()).toMatch(/^(Not suspected|Suspected)/)
  })
})
