import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { zipSync } from 'fflate'

/** A zip of a folder, as Lambda takes it: sorted names, one time, so that equal folders give equal bytes. */
export function zipFolder(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
  const settings = { mtime: new Date(2020, 0, 1), level: 9 }
  return zipSync(Object.fromEntries(files.map((file) => [file, [readFileSync(join(folder, file)), settings]])))
}
