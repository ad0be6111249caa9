import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as z from 'zod'
import { ConfigurationError } from '../../screening/kernel/errors.ts'
import { isSetAside } from '../../screening/result-documents/result-line.ts'
import { imageKeyOf } from '../dataset/image-key.ts'

/** The fields of a line of results.jsonl that an evaluation reads; others may come and go. */
const storedResult = z.object({
  input: z.string(),
  imageId: z.string().nullable(),
  outcome: z.enum(['suspected', 'not-suspected', 'not-analysed']),
  reason: z.string().nullish(),
  discordant: z.boolean().default(false),
  probability: z.number().min(0).max(1).nullable(),
  maskAreaPixels: z.number().nonnegative().nullish(),
  areaMm2: z.number().nonnegative().nullish(),
  side: z.string().nullish(),
  models: z.array(z.object({ id: z.string(), sha256: z.string().optional() })).default([]),
  timingsMs: z.record(z.string(), z.number().nonnegative()).default({}),
})

export type StoredResult = z.infer<typeof storedResult> & { readonly key: string }

export interface StoredResults {
  readonly folder: string
  readonly results: readonly StoredResult[]
  readonly problems: readonly string[]
}

/**
 * Reads what `pleura screen --out FOLDER` wrote. A line that is torn or holds no legal result is reported and
 * counts as no result; of several lines for one input the last one counts.
 * @throws {ConfigurationError} when the folder holds no results
 */
export async function readResults(folder: string): Promise<StoredResults> {
  const { results, problems } = await readResultLines(folder)
  return { folder, ...withoutAmbiguity(results, problems) }
}

/** The same with all files of one name, which only their content tells apart. */
export async function readResultLines(folder: string): Promise<{ results: StoredResult[]; problems: string[] }> {
  const path = join(folder, 'results.jsonl')
  if (!(await stat(path).catch(() => null))?.isFile()) {
    throw new ConfigurationError(
      `${folder} holds no results.jsonl. Make one with: pleura screen IMAGES --out ${folder}`,
    )
  }
  const byInput = new Map<string, StoredResult>()
  const problems: string[] = []
  let number = 0
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    number++
    if (line.trim() === '') continue
    const parsed = parseResultLine(line)
    if (typeof parsed === 'string') problems.push(`results.jsonl line ${number}: ${parsed}`)
    else if (!isSetAside(parsed)) {
      if (byInput.has(parsed.input))
        problems.push(`results.jsonl line ${number}: ${parsed.input} again; the last counts`)
      byInput.set(parsed.input, parsed)
    }
  }
  return { results: [...byInput.values()], problems }
}

/** @returns the result, or what is wrong with the line */
export function parseResultLine(line: string): StoredResult | string {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return 'not JSON; was the writing interrupted?'
  }
  const parsed = storedResult.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return `${issue.path.join('.') || 'the line'}: ${issue.message}`
  }
  const result = parsed.data
  if (result.outcome !== 'not-analysed' && result.probability === null) return `${result.input} has no probability`
  return { ...result, key: imageKeyOf(result.input) }
}

/** Two inputs of one file name but different content cannot be told apart in a table of labels. */
function withoutAmbiguity(
  results: readonly StoredResult[],
  problems: string[],
): Pick<StoredResults, 'results' | 'problems'> {
  const byKey = new Map<string, StoredResult>()
  const ambiguous = new Set<string>()
  for (const result of results) {
    const known = byKey.get(result.key)
    if (!known) byKey.set(result.key, result)
    else if (known.imageId !== result.imageId) ambiguous.add(result.key)
  }
  for (const key of ambiguous) {
    problems.push(`${key}: several inputs of that name with different content; all are left out`)
    byKey.delete(key)
  }
  return { results: [...byKey.values()], problems }
}
