import { stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { forEachConcurrently } from '../../adapters/embedded/for-each-concurrently.ts'
import { makeFolder } from '../../adapters/embedded/make-folder.ts'
import { encodePath } from '../../adapters/embedded/path-bytes.ts'
import { NothingToAnalyseError } from '../../screening/kernel/errors.ts'
import { listImages } from '../dataset/list-images.ts'
import { FactsJournal, readFacts } from './facts-journal.ts'
import { type FileFacts, versionOf } from './file-facts.ts'
import type { ListedFile } from './read-file-facts.ts'

export interface ExploredFolder {
  /** The journal with a line for every file; older lines of changed files may stand in it too. */
  readonly journalPath: string
  /** Which lines of the journal speak of the files as they are now. */
  readonly versions: ReadonlySet<string>
  /** Hidden folders, which were not entered; relative to the explored folder. */
  readonly hiddenFolders: readonly string[]
  readonly readNow: number
  readonly readBefore: number
}

export interface ExploreOptions {
  readonly concurrency: number
  readonly readFile: (root: string, file: ListedFile) => Promise<FileFacts>
  readonly onStart?: (files: number) => void
  readonly onFile?: () => void
}

/**
 * Reads the facts of every image below a folder into `<out>/file-facts.jsonl`. What an earlier run has read is not
 * read again unless the file changed. Memory: a name for each file, and the images being read.
 * @throws {ConfigurationError} when there is no such folder
 * @throws {NothingToAnalyseError} when it holds no file that may be an image
 */
export async function exploreFolder(root: string, out: string, options: ExploreOptions): Promise<ExploredFolder> {
  const journalPath = join(out, 'file-facts.jsonl')
  await makeFolder(out)
  const journal = await FactsJournal.open(journalPath)
  try {
    const known = new Set<string>()
    for await (const facts of readFacts(journalPath)) known.add(versionOf(facts))
    const versions = new Set<string>()
    const waiting: ListedFile[] = []
    const hiddenFolders: string[] = []
    for await (const { path, problem } of listImages(root, out)) {
      if (problem === 'hidden-folder') {
        hiddenFolders.push(relative(root, path))
        continue
      }
      const file = await listedFile(root, path)
      const version = versionOf(file)
      versions.add(version)
      if (!known.has(version)) waiting.push(file)
    }
    if (versions.size === 0) {
      throw new NothingToAnalyseError([root])
    }
    options.onStart?.(waiting.length)
    await forEachConcurrently(waiting, options.concurrency, async (file) => {
      await journal.append(await options.readFile(root, file))
      options.onFile?.()
    })
    return { journalPath, versions, hiddenFolders, readNow: waiting.length, readBefore: versions.size - waiting.length }
  } finally {
    await journal.close()
  }
}

/** The facts of the files as they are now, one for each. */
export async function* currentFacts({ journalPath, versions }: ExploredFolder): AsyncIterable<FileFacts> {
  const seen = new Set<string>()
  for await (const facts of readFacts(journalPath)) {
    const version = versionOf(facts)
    if (!versions.has(version) || seen.has(version)) continue
    seen.add(version)
    yield facts
  }
}

/** A folder that cannot be listed, or what has gone meanwhile, is listed too: reading it says why it is a problem. */
async function listedFile(root: string, path: string): Promise<ListedFile> {
  const entry = await stat(encodePath(path)).catch(() => null)
  return {
    path: relative(root, path),
    sizeBytes: entry?.size ?? 0,
    modifiedMs: Math.round(entry?.mtimeMs ?? 0),
  }
}
