import { mkdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { forEachConcurrently } from '../../adapters/embedded/for-each-concurrently.ts'
import { encodePath } from '../../adapters/embedded/path-bytes.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { listImages } from '../dataset/list-images.ts'
import { FactsJournal, readFacts } from './facts-journal.ts'
import { type FileFacts, versionOf } from './file-facts.ts'
import type { ListedFile } from './read-file-facts.ts'

export interface ExploredFolder {
  /** The journal with a line for every file; older lines of changed files may stand in it too. */
  readonly journalPath: string
  /** Which lines of the journal speak of the files as they are now. */
  readonly versions: ReadonlySet<string>
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
 * @throws {ConfigurationError} when the folder is missing or holds no file that may be an image
 */
export async function exploreFolder(root: string, out: string, options: ExploreOptions): Promise<ExploredFolder> {
  const journalPath = join(out, 'file-facts.jsonl')
  await mkdir(out, { recursive: true })
  const journal = await FactsJournal.open(journalPath)
  try {
    const known = new Set<string>()
    for await (const facts of readFacts(journalPath)) known.add(versionOf(facts))
    const versions = new Set<string>()
    const waiting: ListedFile[] = []
    for await (const file of listVersions(root, out)) {
      const version = versionOf(file)
      versions.add(version)
      if (!known.has(version)) waiting.push(file)
    }
    if (versions.size === 0) {
      throw new ConfigurationError(`${root} holds no file that may be an image. Give the folder with the radiographs.`)
    }
    options.onStart?.(waiting.length)
    await forEachConcurrently(waiting, options.concurrency, async (file) => {
      await journal.append(await options.readFile(root, file))
      options.onFile?.()
    })
    return { journalPath, versions, readNow: waiting.length, readBefore: versions.size - waiting.length }
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

async function* listVersions(root: string, out: string): AsyncIterable<ListedFile> {
  const isFolder = (await stat(root).catch(() => null))?.isDirectory() ?? false
  if (!isFolder) throw new ConfigurationError(`${root} is not a folder. Give the folder with the radiographs.`)
  for await (const { path } of listImages(root, out)) {
    // A folder that cannot be listed, or what has gone meanwhile, stays in the list: reading it says why it is a problem.
    const entry = await stat(encodePath(path)).catch(() => null)
    yield {
      path: relative(root, path),
      sizeBytes: entry?.size ?? 0,
      modifiedMs: Math.round(entry?.mtimeMs ?? 0),
    }
  }
}
