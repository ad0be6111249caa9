import { opendir } from 'node:fs/promises'
import { join } from 'node:path'

/** Files below a folder in the order of their names, without hidden ones; never the whole tree in memory. */
export async function* listFiles(folder: string): AsyncIterable<string> {
  const names: { name: string; isFolder: boolean }[] = []
  for await (const entry of await opendir(folder)) {
    if (entry.name.startsWith('.')) continue
    if (entry.isDirectory() || entry.isFile()) names.push({ name: entry.name, isFolder: entry.isDirectory() })
  }
  names.sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const { name, isFolder } of names) {
    if (isFolder) yield* listFiles(join(folder, name))
    else yield join(folder, name)
  }
}

const notImages = /\.(csv|tsv|txt|md|json|jsonl|html|xml|zip|gz|tar|py|ya?ml|pdf|log)$/i

/** False for the tables and notes that lie beside images. Files without an ending may be DICOM. */
export function mayBeImage(path: string): boolean {
  return !notImages.test(path) && !/(^|[\\/])DICOMDIR$/i.test(path)
}
