import { createReadStream } from 'node:fs'
import { truncate } from 'node:fs/promises'
import { createInterface } from 'node:readline'

/** A value as one line, also for readers that take Unicode's line separators, legal in names of files, for its end. */
export const jsonLine = (value: unknown): string =>
  `${JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`

/** The values of a file line by line, in flat memory. Nothing where there is no file. @throws {Error} for a torn line */
export async function* readJsonLines<T>(file: string): AsyncIterable<T> {
  const input = createReadStream(file)
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  try {
    for await (const line of lines) yield JSON.parse(line) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  } finally {
    lines.close()
    input.destroy()
  }
}

/** Cuts off what a kill has left of a last line. */
export async function cutTornLine(file: string): Promise<void> {
  let size = 0
  let whole = 0
  try {
    for await (const chunk of createReadStream(file)) {
      const last = (chunk as Buffer).lastIndexOf(0x0a)
      if (last !== -1) whole = size + last + 1
      size += chunk.length
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (whole < size) await truncate(file, whole)
}
