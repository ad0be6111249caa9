import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { screenFiles } from '../../lib/embedded/screen-files.ts'
import { defaultSettings } from '../../lib/embedded/screening-settings.ts'
import { launchBrowser } from '../browser/launch-browser.ts'
import { openConsole } from '../embedded/console/open-console.ts'
import { ms, spreadOf } from './measure.ts'

const screens = [
  { width: 1366, height: 768 },
  { width: 3840, height: 2160 },
]
const openings = 3
const steps = 60

/** What a reader waits for in the console: the page, a picture, a change of the window, a step of the brush. */
export async function benchConsole(files: readonly string[], folder: string): Promise<string[][]> {
  const outDir = await mkdtemp(join(folder, 'console-'))
  await screenFiles(
    files.map((path) => ({ path, problem: null })),
    defaultSettings(outDir),
    { concurrency: 1, force: true, log() {}, onStudy() {} },
  )
  const served = await openConsole(outDir)
  const browser = await launchBrowser().catch(() => null)
  try {
    if (!browser) return [['Chromium is not installed', '-']]
    const rows: string[][] = []
    for (const viewport of screens) rows.push(...(await benchScreen(browser, served.address, viewport)))
    return rows
  } finally {
    await browser?.close()
    await served.close()
  }
}

async function benchScreen(browser: Browser, address: string, viewport: { width: number; height: number }) {
  const [paints, opened, windows, brushes]: number[][] = [[], [], [], []]
  const studies = await studyIds(address)
  for (let opening = 0; opening < openings; opening++) {
    for (const studyId of studies) {
      // A browser of its own each time: nothing is kept from the one before.
      const context = await browser.newContext({ viewport })
      const page = await context.newPage()
      await page.goto(address)
      await page.locator('.grid-body [role=row]').first().waitFor()
      paints.push(await firstPaint(page))
      opened.push(await openStudy(page, studyId))
      if (studyId === studies[0]) {
        await page.keyboard.press('w')
        windows.push(...(await drag(page)))
        await page.keyboard.press('d')
        brushes.push(...(await drag(page)))
      }
      await context.close()
    }
  }
  const at = `at ${viewport.width} × ${viewport.height}`
  return [
    [`first paint of the page ${at}`, spreadOf(paints, ms)],
    [`from the worklist to the painted picture ${at}`, `${spreadOf(opened, ms)}, longest ${ms(Math.max(...opened))}`],
    [`window, from a pointer's move to the painted canvas ${at}`, withTail(windows)],
    [`brush, from a pointer's move to the painted canvas ${at}`, withTail(brushes)],
  ]
}

async function studyIds(address: string): Promise<string[]> {
  const answer = await fetch(new URL('/api/studies', address))
  const { rows } = (await answer.json()) as { rows: { studyId: string }[] }
  return rows.map(({ studyId }) => studyId)
}

/** Unit: ms after the navigation began. */
const firstPaint = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise((tell) => {
        const observer = new PerformanceObserver((list) => {
          for (const { name, startTime } of list.getEntries()) if (name === 'first-contentful-paint') tell(startTime)
        })
        observer.observe({ type: 'paint', buffered: true })
      }),
  )

/** From the address of the study to the frame in which its picture is on the canvas. Unit: ms. */
const openStudy = (page: Page, studyId: string): Promise<number> =>
  page.evaluate(async (id) => {
    const isPainted = (): boolean => {
      const canvas = document.querySelector('canvas')
      const grey = canvas?.getContext('2d')?.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data
      return grey !== undefined && grey[0] > 0
    }
    const began = performance.now()
    location.hash = `#/studies/${id}`
    while (!isPainted()) await new Promise(requestAnimationFrame)
    return performance.now() - began
  }, studyId)

/** Drags the pointer over the picture. What each move took until the canvas was painted. Unit: ms. */
async function drag(page: Page): Promise<number[]> {
  await page.evaluate(() => {
    const took: number[] = []
    Object.assign(globalThis, { took })
    addEventListener(
      'pointermove',
      ({ timeStamp }) => {
        // The page paints when what the event has changed is rendered, before the next task.
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => {
          took.push(performance.now() - timeStamp)
          port1.close()
        }
        port2.postMessage(null)
      },
      { capture: true },
    )
  })
  const place = (await page.locator('canvas').boundingBox())!
  const [x, y] = [place.x + place.width / 2, place.y + place.height / 2]
  await page.mouse.move(x, y)
  await page.mouse.down()
  for (let step = 0; step < steps; step++) await page.mouse.move(x + 2 * step, y + step)
  await page.mouse.up()
  const took = await page.evaluate(() => (globalThis as unknown as { took: number[] }).took)
  return took.slice(1)
}

function withTail(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b)
  return `${spreadOf(times, ms)}, 95 % within ${ms(sorted[Math.floor(0.95 * (sorted.length - 1))])}`
}
