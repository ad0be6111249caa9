import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { serveConsole } from '../embedded/console/serve-console.ts'
import { createLog, type LogFormat } from './create-log.ts'
import { parsePort } from './parse-port.ts'
import { screenPhantoms } from './screen-phantoms.ts'
import { addScreeningOptions, type ScreeningOptions, settingsOf } from './screening-options.ts'
import { stopOnInterrupt } from './stop-on-interrupt.ts'
import { wrapNotes } from './wrap-notes.ts'

interface Options extends ScreeningOptions {
  out: string
  host: string
  port: number
  demo: boolean
  open: boolean
}

export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .description('open the console over an output folder: worklist, viewer, upload, review')
    .requiredOption('--out <dir>', 'the folder with the results; uploads and reviews go there too')
    .option('--host <address>', 'where it listens; on any but the loopback interface a token is asked for', '127.0.0.1')
    .option('--port <n>', '0 takes one that is free', parsePort, 8420)
    .option('--demo', 'where the folder holds no results yet, draw some phantoms and screen them first', false)
    .option('--open', 'open it in the browser', false)
  addScreeningOptions(command).addHelpText(
    'after',
    wrapNotes('End it with Ctrl-C: what was uploaded is screened first.'),
  )
  command.action(async (options: Options) => {
    const settings = settingsOf(options, options.out)
    const { log: format } = program.opts<{ log: LogFormat }>()
    const log = createLog(format)
    if (options.demo && !existsSync(join(options.out, 'results.jsonl'))) {
      await screenPhantoms(join(options.out, 'phantoms'), settings, { ...options, count: 8, log })
    }
    const signal = stopOnInterrupt(format)
    const token = randomBytes(24).toString('base64url')
    await serveConsole(settings, {
      ...options,
      token,
      log,
      signal,
      onReady: (address, isTokenNeeded) => {
        console.log(`The console is at ${address} (Ctrl-C ends it). Not for diagnostic use.`)
        if (isTokenNeeded) {
          console.log(`It asks for this token: ${token}`)
          console.log('The connection is not encrypted: outside a trusted network put a proxy with TLS before it.')
        }
        if (options.open) openBrowser(address)
      },
    })
  })
}

/** Where no browser can be opened, the address is on the screen. */
function openBrowser(address: string): void {
  const openers: Partial<Record<NodeJS.Platform, [string, ...string[]]>> = {
    darwin: ['open'],
    win32: ['cmd', '/c', 'start', ''],
  }
  const [program, ...args] = openers[process.platform] ?? ['xdg-open']
  spawn(program, [...args, address], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}
