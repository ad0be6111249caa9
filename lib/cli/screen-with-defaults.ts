import { availableParallelism } from 'node:os'
import { screenFiles } from '../embedded/screen-files.ts'
import { defaultSettings } from '../embedded/screening-settings.ts'
import { createLog } from './create-log.ts'
import { createProgress } from './terminal.ts'

/** Screens files as `pleura screen` does when it is given no options: for the evaluation of images without results. */
export async function screenWithDefaults(files: readonly string[], outDir: string): Promise<void> {
  const progress = createProgress(files.length, 'images')
  await screenFiles(
    files.map((path) => ({ path, problem: null })),
    defaultSettings(outDir),
    {
      concurrency: availableParallelism(),
      force: false,
      log: createLog('text'),
      onStudy: () => progress.step(),
    },
  ).finally(() => progress.stop())
}
