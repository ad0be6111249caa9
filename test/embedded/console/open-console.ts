import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ServeOptions, serveConsole } from '../../../lib/embedded/console/serve-console.ts'
import { defaultSettings } from '../../../lib/embedded/screening-settings.ts'
import { writePhantomSet } from '../../../lib/phantom/write-phantom-set.ts'

export interface OpenConsole {
  readonly outDir: string
  readonly address: string
  /** What it logged, as JSON lines. */
  readonly logged: string[]
  close(): Promise<void>
}

/** Starts the console over a folder, with real screening, on a port that is free. */
export async function openConsole(outDir: string, options: Partial<ServeOptions> = {}): Promise<OpenConsole> {
  const stop = new AbortController()
  const logged: string[] = []
  let ended: Promise<void> = Promise.resolve()
  const address = await new Promise<string>((resolve, reject) => {
    ended = serveConsole(
      { ...defaultSettings(outDir), documents: ['mask', 'overlay', 'class-activation-map'] },
      {
        host: '127.0.0.1',
        port: 0,
        token: 'unused',
        concurrency: 1,
        log: (level, event, fields) => logged.push(JSON.stringify({ level, event, ...fields })),
        signal: stop.signal,
        onReady: resolve,
        ...options,
      },
    )
    ended.catch(reject)
  })
  return {
    outDir,
    address,
    logged,
    close: () => {
      stop.abort()
      return ended
    },
  }
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'pleura-console-'))
export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true })

/** Small phantoms as DICOM. */
export async function drawPhantoms(count: number): Promise<Uint8Array[]> {
  const folder = newFolder()
  await writePhantomSet({ count, outDir: folder, seed: 5, rows: 256 })
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.dcm'))
  const phantoms = files.sort().map((name) => new Uint8Array(readFileSync(join(folder, name))))
  removeFolder(folder)
  return phantoms
}
