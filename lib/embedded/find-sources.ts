import { forEachConcurrently } from '../adapters/embedded/for-each-concurrently.ts'
import { identifySource } from './identify-source.ts'
import { InterruptedError } from './interrupted-error.ts'

export interface NamedSource {
  readonly imageId: string
  /** Where it was when it was screened. */
  readonly input: string
}

export interface MissingSource extends NamedSource {
  readonly why: 'not-there' | 'changed'
}

export interface FindOptions {
  readonly onFile?: () => void
  readonly signal?: AbortSignal
}

/** Whether each source is still the file that it was. */
export async function findSources(
  sources: readonly NamedSource[],
  options: FindOptions,
): Promise<{ found: NamedSource[]; missing: MissingSource[] }> {
  const idOf = await identifyAll(
    sources.map(({ input }) => input),
    options,
  )
  const found = sources.filter(({ imageId, input }) => idOf.get(input) === imageId)
  const missing = sources
    .filter(({ imageId, input }) => idOf.get(input) !== imageId)
    .map((source) => ({ ...source, why: idOf.get(source.input) ? ('changed' as const) : ('not-there' as const) }))
  return { found, missing }
}

/** Finds sources by content among files, whatever they are called there now. */
export async function findAmong(
  sources: readonly NamedSource[],
  files: readonly string[],
  options: FindOptions,
): Promise<{ found: NamedSource[]; unknown: number }> {
  const fileOf = new Map<string, string>()
  for (const [file, imageId] of await identifyAll(files, options)) if (imageId !== null) fileOf.set(imageId, file)
  const found = sources.flatMap(({ imageId }) => {
    const input = fileOf.get(imageId)
    return input === undefined ? [] : [{ imageId, input }]
  })
  return { found, unknown: fileOf.size - found.length }
}

/** Null: it cannot be read. */
async function identifyAll(
  files: readonly string[],
  { onFile, signal }: FindOptions,
): Promise<Map<string, string | null>> {
  const idOf = new Map<string, string | null>()
  await forEachConcurrently(new Set(files), 4, async (file) => {
    if (signal?.aborted) return
    idOf.set(file, await identifySource(file).catch(() => null))
    onFile?.()
  })
  if (signal?.aborted) throw new InterruptedError(idOf.size, files.length)
  return idOf
}
