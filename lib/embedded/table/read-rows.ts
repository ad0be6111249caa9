import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ResultDocument, resultDocument } from '../../screening/result-documents/result-document.ts'
import { buildResultRow, type ResultRow } from '../../screening/result-documents/result-row.ts'

/** `gone`: between two results, or removed since it was listed: the next build sees. `unreadable`: no result document. */
export type ImageRows = readonly ResultRow[] | 'gone' | 'unreadable'

/** The rows of an image: of its result and of those that it has superseded. */
export async function readRows(outDir: string, imageId: string, tenant: string): Promise<ImageRows> {
  const folder = join(outDir, imageId)
  const standing = await readResult(join(folder, 'result.json'), imageId)
  if (typeof standing === 'string') return standing
  const earlier: ResultDocument[] = []
  for (const key of await namesIn(join(folder, 'superseded'))) {
    const result = await readResult(join(folder, 'superseded', key, 'result.json'), imageId)
    // One that cannot be read has no row: nobody acts on it any more.
    if (typeof result !== 'string') earlier.push(result)
  }
  return [
    ...earlier.map((result) => buildResultRow(result, { tenant, superseded: true, replacesEarlier: false })),
    buildResultRow(standing, { tenant, superseded: false, replacesEarlier: earlier.length > 0 }),
  ]
}

async function readResult(file: string, imageId: string): Promise<ResultDocument | 'gone' | 'unreadable'> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'gone' : 'unreadable'
  }
  try {
    const result = resultDocument.parse(JSON.parse(text))
    // A copy in another image's folder would count that image twice.
    return result.imageId === imageId ? result : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
