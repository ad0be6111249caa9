import { access, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { makeFolder } from '../../adapters/embedded/make-folder.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { lockOutputFolder } from '../output-lock.ts'
import { backfillFolder } from './backfill-folder.ts'
import { type BackfillPlan, type BackfillSource, planBackfill, readPlan } from './plan-backfill.ts'

/**
 * Holds the output folder of a backfill and gives its plan: the one that stands, or a new one.
 * @throws {ConfigurationError} when the folder belongs to another source, or holds results of another program
 */
export async function withPlan<R>(
  source: BackfillSource,
  outDir: string,
  onEntry: (entries: number) => void,
  work: (plan: BackfillPlan) => Promise<R>,
): Promise<R> {
  const unlock = await lockOutputFolder(outDir, 'backfill')
  try {
    const standing = await readPlan(outDir)
    if (standing && standing.source !== resolve(source.path)) {
      throw new ConfigurationError(
        `${outDir} is the backfill of ${standing.source}. Give that, or another --out for ${source.path}.`,
      )
    }
    if (!standing && (await exists(backfillFolder.results(outDir)))) {
      throw new ConfigurationError(
        `${outDir} holds results of another program. Give a --out of its own: a backfill is a lane apart.`,
      )
    }
    return await work(
      standing ?? (await planBackfill(source, outDir, { now: new Date(), random: Math.random, onEntry })),
    )
  } finally {
    await unlock()
  }
}

/** Seen by a run that is under way, and by the next one. @throws {ConfigurationError} when there is no backfill */
export async function setPaused(outDir: string, isPaused: boolean): Promise<void> {
  if (!(await readPlan(outDir))) throw new ConfigurationError(`${outDir} holds no backfill. Start one first.`)
  const file = backfillFolder.paused(outDir)
  await makeFolder(dirname(file))
  if (isPaused) await writeFile(file, '')
  else await rm(file, { force: true })
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )
