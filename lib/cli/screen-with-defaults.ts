import { availableParallelism } from 'node:os'
import { defaultSuitabilityPolicy } from '../screening/radiograph/suitability.ts'
import { createLog } from './log.ts'
import { defaultModelsFolder } from './package-root.ts'
import { screenFiles } from './screen-files.ts'
import { createProgress } from './terminal.ts'

/** Screens files as `pleura screen` does when it is given no options: for the evaluation of images without results. */
export async function screenWithDefaults(files: readonly string[], outDir: string): Promise<void> {
  const progress = createProgress(files.length, 'images')
  const settings = {
    modelsFolder: defaultModelsFolder,
    executionProvider: 'cpu' as const,
    threads: 1,
    outDir,
    policy: defaultSuitabilityPolicy,
    classActivationMap: false,
  }
  await screenFiles(files, settings, {
    concurrency: availableParallelism(),
    force: false,
    log: createLog('text'),
    onStudy: () => progress.step(),
  }).finally(() => progress.stop())
}
