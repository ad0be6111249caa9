import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Traced {
  /** Every path opened, also where nothing was found. */
  readonly opened: readonly string[]
  /** Calls that reach for another machine or a name server; sockets within this machine are left out. */
  readonly network: readonly string[]
  /** What lies in the home folder afterwards: it was empty. */
  readonly home: readonly string[]
}

const isCall = (line: string, ...names: string[]): boolean =>
  names.some((name) => line.startsWith(`${name}(`) || line.includes(` ${name} resumed`))

/**
 * Runs a Node program under strace, children and threads included, with an empty home folder.
 * @throws when strace is missing or the program fails
 */
export function traceProgram(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Traced {
  const folder = mkdtempSync(join(tmpdir(), 'pleura-trace-'))
  try {
    const log = join(folder, 'trace')
    const home = join(folder, 'home')
    execFileSync('mkdir', [home])
    const calls = 'open,openat,connect,sendto,sendmsg,sendmmsg'
    execFileSync('strace', ['-f', '-s', '300', '-e', `trace=${calls}`, '-o', log, process.execPath, ...args], {
      env: { PATH: process.env.PATH, HOME: home, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const lines = readFileSync(log, 'utf8')
      .split('\n')
      .map((line) => line.replace(/^\d+ +/, ''))
    return {
      opened: lines.flatMap((line) => (isCall(line, 'open', 'openat') ? (line.match(/"([^"]*)"/)?.[1] ?? []) : [])),
      network: lines.filter((line) => isCall(line, 'connect', 'sendto', 'sendmsg', 'sendmmsg') && /AF_INET/.test(line)),
      home: execFileSync('find', [home, '-mindepth', '1'], { encoding: 'utf8' }).split('\n').filter(Boolean),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
