import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomically } from '../adapters/embedded/write-file-atomically.ts'
import { ConfigurationError } from '../screening/kernel/errors.ts'
import type { Pseudonyms } from '../screening/result-documents/deidentification/pseudonyms.ts'
import { isImageFolder } from './result-stamp.ts'

/** Says that the results in a folder are de-identified, and by the fingerprint of which key. */
const markName = '.deidentified'

/**
 * A folder holds identified results or those of one key, so that nobody shares one for the other, and no patient has
 * two pseudonyms in it. The mark of a new folder is written before the first result.
 * @throws {ConfigurationError} when it holds others
 */
export async function claimOutputFolder(outDir: string, pseudonyms: Pseudonyms | null): Promise<void> {
  const mark = join(outDir, markName)
  if (pseudonyms !== null && (await readMark(mark)) === null) {
    if (await holdsResults(outDir)) {
      throw new ConfigurationError(
        `${outDir} holds results that are not de-identified. Give --deidentify an output folder of its own.`,
      )
    }
    await writeFileAtomically(mark, `${pseudonyms.fingerprint}\n`, { ifAbsent: true })
  }
  const marked = await readMark(mark)
  if (marked === (pseudonyms?.fingerprint ?? null)) return
  throw new ConfigurationError(
    pseudonyms === null
      ? `${outDir} holds de-identified results. Add --deidentify with their key, or give another output folder.`
      : `${outDir} holds results that were de-identified with another key. Give that key, or another output folder.`,
  )
}

/** Null where there is none. */
async function readMark(mark: string): Promise<string | null> {
  try {
    return (await readFile(mark, 'latin1')).trim()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}

async function holdsResults(outDir: string): Promise<boolean> {
  const names = await readdir(outDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names.some((name) => name === 'results.jsonl' || isImageFolder(name))
}
