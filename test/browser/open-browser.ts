import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'

/** Where install-chromium.sh, or the machine, has put it. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.PLEURA_CHROMIUM ?? places.find((place) => existsSync(place))
  if (!executablePath) throw new Error('There is no Chromium here. Install it, or name it with PLEURA_CHROMIUM.')
  // No graphics card: reading rooms have none either. No sandbox: containers do not grant one.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
}

export interface WatchedPage {
  readonly page: Page
  /** What the browser complained of: errors, refused styles and scripts, failed requests of the page. */
  readonly complaints: string[]
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // The tests read the canvas back, which a reader never does.
    if (message.text().includes('willReadFrequently')) return
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  return { page, complaints }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Holds the page as it is now against the rules of accessibility. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe)
  const found: { id: string; nodes: string[] }[] = await page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) })))`,
  )
  expect(found).toEqual([])
}
