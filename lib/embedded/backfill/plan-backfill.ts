import { createReadStream, createWriteStream } from 'node:fs'
import { open, readFile, rename, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { isNotAPicture } from '../../adapters/embedded/is-not-a-picture.ts'
import { makeFolder } from '../../adapters/embedded/make-folder.ts'
import { encodePath } from '../../adapters/embedded/path-bytes.ts'
import { type FoundEntry, walkFolderUnordered } from '../../adapters/embedded/walk-folder.ts'
import { writeFileAtomically } from '../../adapters/embedded/write-file-atomically.ts'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { sniffFormat } from '../../screening/upload/sniff-format.ts'
import { readAhead } from '../../screening/usage/read-ahead.ts'
import { jsonLine } from '../json-lines.ts'
import { backfillFolder } from './backfill-folder.ts'

/** By content. `unknown` has no head that we know and is screened all the same: the result says what it is. */
export type FileKind = 'dicom' | 'png' | 'jpeg' | 'unknown' | 'not-a-picture' | 'unreadable' | 'folder-not-entered'

export interface BackfillPlan {
  readonly source: string
  readonly entries: number
  readonly sizeBytes: number
  readonly byKind: Readonly<Partial<Record<FileKind, number>>>
  readonly plannedAt: string
  /** Pictures drawn at random, to measure how long one takes. */
  readonly sample: readonly string[]
}

/** What is to be screened: a folder, or a text file with a path on each line, relative to its own folder. */
export interface BackfillSource {
  readonly kind: 'folder' | 'manifest'
  readonly path: string
}

export const isImageKind = (kind: string): boolean => ['dicom', 'png', 'jpeg', 'unknown'].includes(kind)
export const imagesOf = ({ byKind }: BackfillPlan): number =>
  Object.entries(byKind).reduce((sum, [kind, count]) => sum + (isImageKind(kind) ? count : 0), 0)

const readsAtOnce = 32
const headBytes = 1024
const sampleSize = 12

/** The plan that stands; null when there is none, or it was never finished. */
export async function readPlan(outDir: string): Promise<BackfillPlan | null> {
  const text = await readFile(backfillFolder.plan(outDir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  return text === null ? null : JSON.parse(text)
}

/**
 * Lists the source once, as a stream, into the manifest. One that was cut short is begun anew.
 * @throws {ConfigurationError} when the source cannot be opened
 */
export async function planBackfill(
  source: BackfillSource,
  outDir: string,
  {
    now,
    random,
    onEntry,
  }: { readonly now: Date; readonly random: () => number; readonly onEntry?: (entries: number) => void },
): Promise<BackfillPlan> {
  const path = resolve(source.path)
  const entry = await stat(encodePath(path)).catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigurationError(`${source.path} cannot be opened (${cause.code}). Give one that exists.`, { cause })
  })
  if (entry.isDirectory() !== (source.kind === 'folder')) {
    throw new ConfigurationError(
      source.kind === 'folder'
        ? `${source.path} is no folder. A list of paths is given with --manifest.`
        : `${source.path} is a folder. Give it without --manifest.`,
    )
  }
  const file = backfillFolder.manifest(outDir)
  await makeFolder(dirname(file))
  const byKind: Partial<Record<FileKind, number>> = {}
  let entries = 0
  let sizeBytes = 0
  let pictures = 0
  const sample: string[] = []
  const found = source.kind === 'folder' ? walkFolderUnordered(path, outDir) : pathsOf(path)
  // The listing waits while the disk is slower.
  await pipeline(
    async function* () {
      for await (const described of readAhead(found, readsAtOnce, describe)) {
        byKind[described.kind] = (byKind[described.kind] ?? 0) + 1
        if (['dicom', 'png', 'jpeg'].includes(described.kind)) {
          // Each of the pictures so far is in the sample with the same chance.
          const at = Math.floor(random() * ++pictures)
          if (sample.length < sampleSize) sample.push(described.path)
          else if (at < sampleSize) sample[at] = described.path
        }
        sizeBytes += described.sizeBytes
        entries++
        onEntry?.(entries)
        yield jsonLine({ path: described.path, problem: described.problem })
      }
    },
    createWriteStream(`${file}.draft`),
  )
  await rename(`${file}.draft`, file)
  const plan = { source: path, entries, sizeBytes, byKind, plannedAt: now.toISOString(), sample }
  await writeFileAtomically(backfillFolder.plan(outDir), `${JSON.stringify(plan, null, 2)}\n`)
  return plan
}

async function* pathsOf(list: string): AsyncIterable<FoundEntry> {
  const folder = dirname(list)
  const lines = createInterface({ input: createReadStream(list), crlfDelay: Number.POSITIVE_INFINITY })
  for await (const line of lines) {
    if (line.trim() === '') continue
    yield { path: isAbsolute(line) ? line : join(folder, line), problem: null }
  }
}

interface DescribedEntry extends FoundEntry {
  readonly kind: FileKind
  readonly sizeBytes: number
}

async function describe(entry: FoundEntry): Promise<DescribedEntry> {
  if (entry.problem !== null) {
    const kind = entry.problem === 'unreadable' ? 'unreadable' : 'folder-not-entered'
    return { ...entry, kind, sizeBytes: 0 }
  }
  try {
    if (await isNotAPicture(entry.path)) return { ...entry, kind: 'not-a-picture', sizeBytes: 0 }
    const file = await open(encodePath(entry.path))
    try {
      const { size } = await file.stat()
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
      const format = sniffFormat(buffer.subarray(0, bytesRead))
      const kind = format === null ? 'unknown' : format === 'dicom-without-preamble' ? 'dicom' : format
      return { ...entry, kind, sizeBytes: size }
    } finally {
      await file.close()
    }
  } catch {
    return { ...entry, kind: 'unreadable', sizeBytes: 0 }
  }
}
