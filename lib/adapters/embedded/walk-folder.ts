import { lstat, opendir, readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { decodePath, encodePath } from './path-bytes.ts'

/** A file below a folder, or something there that cannot be one and why. */
export interface FoundEntry {
  readonly path: string
  /** Null for a file; otherwise why nothing can be read there. */
  readonly problem: FolderProblem | null
}

export type FolderProblem = 'unreadable' | 'hidden-folder' | 'listed-already'

/**
 * Everything below a folder, in the order of the names' bytes, links followed. No folder ends the walk: one that cannot
 * be listed, a hidden one, and a link to a folder that was walked already (so that circles end) are each an entry with
 * a problem. What vanishes during the walk is no entry.
 * @param leftOut Not entered, without an entry: the folder where results go.
 */
export async function* walkFolder(root: string, leftOut: string | null = null): AsyncIterable<FoundEntry> {
  yield* walk(root, namesInOrder, new Set(), leftOut === null ? null : await realPathOf(leftOut))
}

/** The same in the order in which the file system tells them: a folder of a million files is never held as a whole. */
export async function* walkFolderUnordered(root: string, leftOut: string | null = null): AsyncIterable<FoundEntry> {
  yield* walk(root, namesAsTold, new Set(), leftOut === null ? null : await realPathOf(leftOut))
}

type NamesOf = (folder: string) => AsyncIterable<Buffer>

async function* namesInOrder(folder: string): AsyncIterable<Buffer> {
  yield* (await readdir(encodePath(folder), { encoding: 'buffer' })).sort(Buffer.compare)
}

async function* namesAsTold(folder: string): AsyncIterable<Buffer> {
  // Node's types know names of text only.
  const entries = await opendir(encodePath(folder), { encoding: 'buffer' as BufferEncoding, bufferSize: 256 })
  for await (const { name } of entries) yield name as unknown as Buffer
}

async function* walk(
  folder: string,
  namesOf: NamesOf,
  walked: Set<string>,
  leftOut: string | null,
): AsyncIterable<FoundEntry> {
  const real = (await realPathOf(folder)) ?? folder
  if (real === leftOut) return
  if (walked.has(real)) {
    yield { path: folder, problem: 'listed-already' }
    return
  }
  walked.add(real)
  const names = namesOf(folder)[Symbol.asyncIterator]()
  for (;;) {
    const next = await names.next().catch(() => null)
    if (next === null && (walked.size === 1 || (await isThere(folder)))) yield { path: folder, problem: 'unreadable' }
    if (next === null || next.done) return
    const name = next.value
    const path = join(folder, decodePath(name))
    const entry = await stat(encodePath(path)).catch(() => null)
    if (entry?.isDirectory() && name[0] === dot) yield { path, problem: 'hidden-folder' }
    else if (entry?.isDirectory()) yield* walk(path, namesOf, walked, leftOut)
    else if (entry?.isFile()) yield { path, problem: null }
    else if (await isThere(path)) yield { path, problem: 'unreadable' }
  }
}

const dot = '.'.charCodeAt(0)

/** Also true of a link that leads nowhere, a pipe, a device, a path that is too long to be asked for. */
async function isThere(path: string): Promise<boolean> {
  return lstat(encodePath(path)).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  )
}

const realPathOf = (path: string): Promise<string | null> =>
  realpath(encodePath(path), { encoding: 'buffer' }).then(decodePath, () => null)
