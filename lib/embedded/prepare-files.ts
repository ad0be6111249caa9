import { join } from 'node:path'
import { forEachConcurrently } from '../adapters/embedded/for-each-concurrently.ts'
import { isNotAPicture } from '../adapters/embedded/is-not-a-picture.ts'
import type { FoundEntry } from '../adapters/embedded/walk-folder.ts'
import type { SuitabilityPolicy } from '../screening/radiograph/suitability.ts'
import type { Log } from './log.ts'
import { OrderedLines } from './ordered-lines.ts'
import { isOutputFailure } from './output-failure.ts'
import { lockOutputFolder } from './output-lock.ts'
import type { PreparedLine } from './prepared-line.ts'
import { ProcessPool } from './process-pool.ts'
import { rejectedLine } from './rejected-line.ts'
import { identifySource } from './source-identity.ts'
import { systemFailure } from './study-screener.ts'
import { UnreadableSourceError } from './unreadable-source-error.ts'

export interface PrepareFilesOptions {
  readonly outDir: string
  readonly policy: SuitabilityPolicy
  /** Keep the source's rows × columns instead of at most 1024 a side. */
  readonly fullResolution: boolean
  readonly concurrency: number
  readonly log: Log
  readonly onImage: () => void
}

/** Prepares files into `outDir/<imageId>.png` and `outDir/prepared.jsonl`, one line per input in the order of the inputs. */
export async function prepareFiles(
  inputs: readonly FoundEntry[],
  options: PrepareFilesOptions,
): Promise<PreparedLine[]> {
  const unlock = await lockOutputFolder(options.outDir, 'prepare')
  const pool = new ProcessPool(options.concurrency)
  const lines: PreparedLine[] = []
  try {
    const written = await OrderedLines.create<PreparedLine>(join(options.outDir, 'prepared.jsonl'))
    try {
      await forEachConcurrently(inputs.entries(), options.concurrency * 2, async ([index, input]) => {
        lines[index] = await prepareFile(input, pool, options)
        written.put(index, lines[index])
        options.onImage()
      })
      await written.close()
    } finally {
      await written.discard()
    }
  } finally {
    await pool.close()
    await unlock()
  }
  return lines
}

/** @throws when nothing more can be written: a full disk ends a run */
async function prepareFile(
  { path, problem }: FoundEntry,
  pool: ProcessPool,
  options: PrepareFilesOptions,
): Promise<PreparedLine> {
  const { outDir, policy, fullResolution, log } = options
  if (problem) return { input: path, ...rejectedLine(null, problem, problem) }
  let imageId: string | null = null
  try {
    imageId = await identifySource(path)
    if (await isNotAPicture(path)) {
      return { input: path, ...rejectedLine(imageId, 'not-a-picture', 'name and content are not those of a picture') }
    }
  } catch (error) {
    return { input: path, ...rejectedLine(null, 'unreadable', (error as Error).message) }
  }
  try {
    return { input: path, ...(await pool.prepareFile({ path, imageId, outDir, policy, fullResolution })) }
  } catch (error) {
    if (isOutputFailure(error)) throw error
    const { name, message } = error as Error
    if (name === UnreadableSourceError.name) return { input: path, ...rejectedLine(null, 'unreadable', message) }
    log('error', 'preparing-failed', { imageId, cause: message })
    return { input: path, ...rejectedLine(imageId, systemFailure, message) }
  }
}
