import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../adapters/embedded/make-folder.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'

interface Holder {
  readonly program: string
  readonly pid: number
  /** Tells a process from a later one of the same number, where the system says it (Linux). */
  readonly startTime: string
  readonly host: string
  readonly since: string
}

/** Another living process holds an output folder. */
export class FolderInUseError extends ConfigurationError {
  readonly program: string

  constructor(outDir: string, { program, pid, host, since }: Holder) {
    super(
      `${outDir} is in use by pleura ${program} (process ${pid} on ${host}, since ${since}). Wait for it, stop it, or give another --out.`,
    )
    this.program = program
  }
}

/** A holder on another machine, or in another container, shows by this that it lives. Unit: ms. */
const heartbeatMs = 10_000
const silentAfterMs = 60_000

/**
 * One writer at a time over an output folder. The lock is the file with the highest number in `<out>/.lock`: each holder
 * creates the next one, which the file system grants to one contender only, and numbers never go back, so that of two
 * who find the same dead holder one wins. A holder that was killed gives way.
 * @returns gives the lock back
 * @throws {FolderInUseError} when another living process holds it
 */
export async function lockOutputFolder(outDir: string, program: string): Promise<() => Promise<void>> {
  const folder = join(outDir, '.lock')
  await makeFolder(folder)
  for (;;) {
    const highest = await highestNumber(folder)
    const holder = highest === 0 ? null : await livingHolder(join(folder, String(highest)))
    if (holder) throw new FolderInUseError(outDir, holder)
    const own = join(folder, String(highest + 1))
    if (!(await writeIfAbsent(own, { ...ownIdentity(), program, since: new Date().toISOString() }))) continue
    if ((await highestNumber(folder)) !== highest + 1) {
      await rm(own, { force: true })
      continue
    }
    await removeLower(folder, highest + 1)
    const heartbeat = setInterval(() => utimes(own, new Date(), new Date()).catch(() => {}), heartbeatMs).unref()
    return async () => {
      clearInterval(heartbeat)
      // The file stays, emptied: numbers never go back, and a contender who has read this one takes the next.
      await writeFile(own, '').catch(() => {})
    }
  }
}

/** Programs that hold a folder until somebody stops them: to wait for them would be to wait for ever. */
const endless = ['watch', 'listen']

/** Such a program that holds an output folder now; null when none does. */
export async function endlessWriterOf(outDir: string): Promise<string | null> {
  const folder = join(outDir, '.lock')
  const highest = await highestNumber(folder).catch(() => 0)
  const program = (await livingHolder(join(folder, String(highest))))?.program
  return program !== undefined && endless.includes(program) ? program : null
}

/** Null when the lock is free, its file gone, or its holder dead. */
async function livingHolder(file: string): Promise<Holder | null> {
  const text = await readFile(file, 'utf8').catch(() => '')
  if (text === '') return null
  const holder: Holder = JSON.parse(text)
  if (holder.host !== hostname()) {
    const touched = await stat(file).catch(() => null)
    return touched && Date.now() - touched.mtimeMs < silentAfterMs ? holder : null
  }
  return isAlive(holder) ? holder : null
}

function isAlive({ pid, startTime }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return startTime === startTimeOf(pid)
}

const ownIdentity = () => ({ pid: process.pid, startTime: startTimeOf(process.pid), host: hostname() })

function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return ''
  }
}

const numbersIn = async (folder: string): Promise<number[]> =>
  (await readdir(folder)).map(Number).filter((number) => number > 0)

const highestNumber = async (folder: string): Promise<number> => Math.max(0, ...(await numbersIn(folder)))

async function removeLower(folder: string, number: number): Promise<void> {
  for (const lower of await numbersIn(folder))
    if (lower < number) await rm(join(folder, String(lower)), { force: true })
}

/** Whole or not at all: nobody reads half a holder. */
async function writeIfAbsent(file: string, holder: Holder): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`
  try {
    await writeFile(draft, JSON.stringify(holder))
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}
