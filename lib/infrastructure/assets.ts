import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where the programs that are deployed lie, built. */
export interface Assets {
  /** Folder with the preprocessing Lambda's main.mjs and all it needs. */
  readonly preprocess: string
  /** Folder with the dispatching Lambda's main.mjs. */
  readonly dispatch: string
  /** Folder with the console's main.mjs and all it needs. */
  readonly console: string
  /** Folder with the delivering Lambda's main.mjs. */
  readonly deliver: string
  /** Folder with the main.mjs of the Lambda that feeds archives. */
  readonly backfill: string
  /** Folder with the main.mjs of the Lambda that writes the results table. */
  readonly table: string
  /** Build context of the screening image, with its Dockerfile. */
  readonly screen: string
}

/** @throws {Error} naming the folder that is missing and the command that builds it */
export function findAssets(root: string): Assets {
  const assets = {
    preprocess: join(root, 'dist/assets/preprocess'),
    dispatch: join(root, 'dist/assets/dispatch'),
    console: join(root, 'dist/assets/console'),
    deliver: join(root, 'dist/assets/deliver'),
    backfill: join(root, 'dist/assets/backfill'),
    table: join(root, 'dist/assets/table'),
    screen: join(root, 'dist/assets/screen'),
  }
  for (const folder of Object.values(assets)) {
    if (!existsSync(folder)) throw new Error(`${folder} is missing. Build the deployed programs: npm run package`)
  }
  return assets
}
