import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { asExamination } from '../embedded/console/examinations.ts'
import {
  drawPhantoms,
  newFolder,
  type OpenConsole,
  openConsole,
  removeFolder,
} from '../embedded/console/open-console.ts'
import { launchBrowser } from './launch-browser.ts'
import { expectAccessible, openPage, type WatchedPage } from './open-browser.ts'

/* A prior beside the picture, in a real browser, over real results. */

let browser: Browser
let served: OpenConsole
let watched: WatchedPage
let page: Page
const files = newFolder()
const jane = { patientId: 'JANE-0000001' }

beforeAll(async () => {
  const [first, second, third] = await drawPhantoms(3)
  const send = (name: string, bytes: Uint8Array) => writeFileSync(join(files, name), bytes)
  send('now.dcm', asExamination(first, { ...jane, date: '20240310' }))
  send('before.dcm', asExamination(second, { ...jane, date: '20240107' }))
  send('cut.dcm', asExamination(third, { ...jane, date: '20230107' }).slice(0, 5000))
  send('john.dcm', asExamination(third, { patientId: 'JOHN-0000002', date: '20230101' }))
  send('nobody.dcm', asExamination(second, { patientId: '', date: '20230101' }))
  served = await openConsole(newFolder())
  browser = await launchBrowser()
  const sender = await openPage(browser)
  await sender.page.goto(served.address)
  await sender.page
    .locator('input[type=file]')
    .first()
    .setInputFiles(['now.dcm', 'before.dcm', 'cut.dcm', 'john.dcm', 'nobody.dcm'].map((name) => join(files, name)))
  await sender.page.getByText('5 of 5 finished').waitFor({ timeout: 90_000 })
  await sender.page.context().close()
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

const canvas = (side: 'current' | 'prior') => page.locator(`.pane.${side} canvas`)
/** After two frames: in the first one a canvas learns of its new size, as when the toolbar got another line. */
const pixelsOf = (side: 'current' | 'prior'): Promise<string> =>
  canvas(side).evaluate(async (element: HTMLCanvasElement) => {
    for (const _ of [1, 2]) await new Promise(requestAnimationFrame)
    return element.toDataURL()
  })
const bandOf = (side: 'current' | 'prior') => page.locator(`.pane.${side} .band`).textContent()
const panel = () => page.getByRole('region', { name: 'Prior', exact: true })

async function openStudy(name: string): Promise<void> {
  await page.locator('.grid-body [role=row]').filter({ hasText: name }).click()
  await page.locator('canvas').first().waitFor()
}

async function compare(): Promise<void> {
  await openStudy('now.dcm')
  await page.getByRole('button', { name: 'Side by side (V)' }).waitFor()
  await page.keyboard.press('v')
  await canvas('prior').waitFor()
}

describe('a prior', () => {
  it('lies beside the current picture, each under its name and date, with what was found in each', async () => {
    await compare()
    await expect.poll(() => bandOf('current')).toMatch(/^Current2024-03-10/)
    await expect.poll(() => bandOf('prior')).toMatch(/^Prior2024-01-07, 63 days before.*(same scale|current scale)/)
    expect(await page.getByRole('region', { name: 'Current: finding' }).textContent()).toMatch(/calibrated/)
    expect(await page.getByRole('region', { name: 'Prior of 2024-01-07: finding' }).textContent()).toMatch(/calibrated/)
    expect(await panel().textContent()).toMatch(/no issuer/)
    const places = await Promise.all((['current', 'prior'] as const).map((side) => canvas(side).boundingBox()))
    expect(places[0]!.x).toBeLessThan(places[1]!.x)
    expect(Math.abs(places[0]!.width - places[1]!.width)).toBeLessThanOrEqual(1)
  })

  it('is told of without naming the patient, in no answer and no address', async () => {
    const answers: string[] = []
    page.on('response', async (response) => {
      if (/json/.test(response.headers()['content-type'] ?? '')) answers.push(response.url() + (await response.text()))
    })
    await compare()
    await expect.poll(() => answers.some((answer) => /\/priors\{/.test(answer))).toBe(true)
    expect(answers.join()).not.toMatch(/JANE|JOHN/)
    expect(served.logged.join()).not.toMatch(/JANE|JOHN/)
  })

  it('moves with the current picture, and not when they are unlinked', async () => {
    await compare()
    const fitted = await Promise.all([pixelsOf('current'), pixelsOf('prior')])
    await page.keyboard.press('+')
    await page.keyboard.press('ArrowLeft')
    expect(await pixelsOf('prior')).not.toBe(fitted[1])
    await page.keyboard.press('0')
    expect(await Promise.all([pixelsOf('current'), pixelsOf('prior')])).toEqual(fitted)
    await page.keyboard.press('k')
    await page.keyboard.press('+')
    expect(await pixelsOf('prior')).toBe(fitted[1])
    await expect.poll(() => bandOf('prior')).toMatch(/current scale/)
    // The keys act on the prior, and then on it alone.
    const zoomed = await pixelsOf('current')
    await page.keyboard.press('s')
    await page.keyboard.press('r')
    expect(await pixelsOf('prior')).not.toBe(fitted[1])
    expect(await pixelsOf('current')).toBe(zoomed)
  })

  it('keeps its own window, until the windows are linked', async () => {
    await compare()
    const before = await pixelsOf('prior')
    await page.keyboard.press('i')
    expect(await pixelsOf('prior')).toBe(before)
    await page.keyboard.press('i')
    await page.keyboard.press('u')
    await page.keyboard.press('i')
    expect(await pixelsOf('prior')).not.toBe(before)
  })

  it('leaves the picture its room: the toolbar has two lines at 1366 × 768, also with a brush and two masks', async () => {
    await compare()
    await page.keyboard.press('d')
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Undo (Z)' }).waitFor()
    const places = await page
      .locator('.toolbar fieldset')
      .evaluateAll((fields) => fields.map((field) => Math.round(field.getBoundingClientRect().top / 12)))
    expect(places).toHaveLength(6)
    expect(new Set(places).size).toBeLessThanOrEqual(2)
  })

  it('is never drawn on', async () => {
    await compare()
    await page.keyboard.press('s')
    await page.keyboard.press('d')
    await expect.poll(() => page.locator('.pane.active').getAttribute('class')).toMatch(/current/)
    const place = (await canvas('prior').boundingBox())!
    await page.mouse.move(place.x + 100, place.y + 100)
    await page.mouse.down()
    await page.mouse.move(place.x + 140, place.y + 140)
    await page.mouse.up()
    expect(await page.locator('.readout').textContent()).not.toMatch(/Your mask/)
  })

  it('is on the other side for who wants that, also with the next picture', async () => {
    await compare()
    await page.keyboard.press('t')
    const isPriorFirst = () => page.locator('.pane').first().getAttribute('class')
    await expect.poll(isPriorFirst).toMatch(/prior/)
    await page.keyboard.press('Escape')
    await openStudy('now.dcm')
    await canvas('prior').waitFor()
    expect(await isPriorFirst()).toMatch(/prior/)
  })

  it('is as naked as the current picture at first look', async () => {
    await compare()
    const marked = await Promise.all([pixelsOf('current'), pixelsOf('prior')])
    await page.getByLabel('First look').check()
    await expect.poll(() => page.locator('.study').textContent()).not.toMatch(/calibrated probability|suspected/i)
    expect(await bandOf('prior')).toMatch(/2024-01-07/)
    await expectAccessible(page)
    await page.keyboard.press('m')
    await expect.poll(() => page.getByRole('region', { name: /^Prior of/ }).textContent()).toMatch(/calibrated/)
    expect(await Promise.all([pixelsOf('current'), pixelsOf('prior')])).toEqual(marked)
  })

  it('may have no picture, and says that it was not analysed', async () => {
    await compare()
    await panel().getByLabel('Earlier examination').selectOption({ index: 1 })
    await expect.poll(() => page.locator('.pane.prior').textContent()).toMatch(/Not analysed: truncated.*not analysed/)
    expect(await canvas('prior').count()).toBe(0)
    expect(await page.getByRole('region', { name: /^Prior of 2023-01-07/ }).textContent()).toMatch(/says nothing/)
  })

  it.each([
    ['john.dcm', 'No earlier examination of this patient is among the results.'],
    ['nobody.dcm', 'The file names no patient identifier: priors cannot be found.'],
  ])('is said to be none of %s', async (name, words) => {
    await openStudy(name)
    await expect.poll(() => panel().textContent()).toContain(words)
    await page.keyboard.press('v')
    expect(await page.locator('.pane').count()).toBe(0)
  })

  it.each(['light', 'dark'] as const)('has no findings of axe in %s colours', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    await compare()
    await expectAccessible(page)
  })
})
