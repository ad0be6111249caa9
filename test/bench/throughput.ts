import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultModelsFolder } from '../../lib/cli/package-root.ts'
import { screenFiles } from '../../lib/cli/screen-files.ts'
import { defaultSuitabilityPolicy } from '../../lib/screening/radiograph/suitability.ts'

/** Images per second from file to documents, start of the processes and loading of the networks included. */
export async function benchThroughput(files: readonly string[]): Promise<string[][]> {
  const rows: string[][] = []
  for (const concurrency of [1, 2]) {
    const outDir = await mkdtemp(join(tmpdir(), 'pleura-bench-'))
    const settings = {
      modelsFolder: defaultModelsFolder,
      executionProvider: 'cpu' as const,
      threads: 1,
      outDir,
      policy: defaultSuitabilityPolicy,
      classActivationMap: false,
    }
    const { wallMs } = await screenFiles(files, settings, { concurrency, force: true, log() {}, onStudy() {} })
    rows.push([
      `concurrency ${concurrency}, ${files.length} phantoms of 1024²`,
      `${((1000 * files.length) / wallMs).toFixed(1)} images/s`,
    ])
  }
  return rows
}
