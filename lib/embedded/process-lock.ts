import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ConfigurationError } from '../screening/kernel/errors.ts'

/**
 * One process at a time over a folder. The lock names its process, so that one left by a kill gives way.
 * @returns gives the lock back
 * @throws {ConfigurationError} when another living process holds it
 */
export function lockForThisProcess(file: string): () => void {
  mkdirSync(dirname(file), { recursive: true })
  for (;;) {
    try {
      writeFileSync(file, ownIdentity(), { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = readFileSync(file, 'utf8')
    if (isAlive(holder)) {
      throw new ConfigurationError(
        `${file} is held by process ${holder.split(' ')[0]}. Two watchers may not share an output folder: stop that one, or give another --out.`,
      )
    }
    rmSync(file, { force: true })
  }
}

const ownIdentity = (): string => `${process.pid} ${startTimeOf(process.pid)}`

function isAlive(holder: string): boolean {
  const pid = Number(holder.split(' ')[0])
  if (!Number.isInteger(pid) || pid < 1) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return holder === `${pid} ${startTimeOf(pid)}`
}

/** Tells a process from a later one of the same number, where the system says it (Linux); empty elsewhere. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return ''
  }
}
