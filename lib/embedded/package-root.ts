import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of our package.json, from sources and from dist/ alike. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)))

export const packageVersion: string = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version

export const defaultModelsFolder = join(packageRoot, 'models')

/** A program that build.mjs puts into dist/. */
export const builtProgram = (source: string): string => join(packageRoot, 'dist', source.replace(/\.ts$/, '.js'))

function findPackageRoot(from: string): string {
  for (let folder = from; dirname(folder) !== folder; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
  }
  throw new Error(`no package.json above ${from}`)
}
