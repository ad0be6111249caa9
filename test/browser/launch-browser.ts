import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where install-chromium.sh, or the machine, has put it. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** No graphics card: reading rooms have none either. */
const withoutGraphics = ['--disable-gpu']

export function launchBrowser(graphics: readonly string[] = withoutGraphics): Promise<Browser> {
  const executablePath = process.env.PLEURA_CHROMIUM ?? places.find((place) => existsSync(place))
  if (!executablePath) throw new Error('There is no Chromium here. Install it, or name it with PLEURA_CHROMIUM.')
  // No sandbox: containers do not grant one.
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...graphics] })
}
