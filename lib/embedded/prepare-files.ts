import { join } from 'node:path'
import { forEachConcurrently } from '../adapters/embedded/for-each-concurrently.ts'
import type { SuitabilityPolicy } from '../screening/radiograph/suitability.ts'
import type { Log } from './log.ts'
import { OrderedLines } from './ordered-lines.ts'
import type { PreparedLine } from './prepared-line.ts'
import { ProcessPool } from './process-pool.ts'
import { rejectedLine } from './rejected-line.ts'
import { identifySource } from './source-identity.ts'
import { systemFailure } from './study-screener.ts'

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
export async function prepareFiles(files: readonly string[], options: PrepareFilesOptions): Promise<PreparedLine[]> {
  const pool = new ProcessPool(options.concurrency)
  const lines: PreparedLine[] = []
  try {
    const written = await OrderedLines.create<PreparedLine>(join(options.outDir, 'prepared.jsonl'))
    await forEachConcurrently(files.entries(), options.concurrency * 2, async ([index, file]) => {
      lines[index] = await prepareFile(file, pool, options)
      written.put(index, lines[index])
      options.onImage()
    })
    await written.close()
  } finally {
    await pool.close()
  }
  return lines
}

async function prepareFile(file: string, pool: ProcessPool, options: PrepareFilesOptions): Promise<PreparedLine> {
  const { outDir, policy, fullResolution, log } = options
  let imageId: string | null = null
  try {
    imageId = await identifySource(file)
  } catch (error) {
    return { input: file, ...rejectedLine(null, 'unreadable', (error as Error).message) }
  }
  try {
    return { input: file, ...(await pool.prepareFile({ path: file, imageId, outDir, policy, fullResolution })) }
  } catch (error) {
    log('error', 'preparing-failed', { imageId, cause: (error as Error).message })
    return { input: file, ...rejectedLine(imageId, systemFailure, (error as Error).message) }
  }
}
