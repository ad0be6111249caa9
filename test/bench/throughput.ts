import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { screenFiles } from '../../lib/embedded/screen-files.ts'
import { defaultSettings } from '../../lib/embedded/screening-settings.ts'

/** Images per second from file to documents, start of the processes and loading of the networks included. */
export async function benchThroughput(files: readonly string[]): Promise<string[][]> {
  const rows: string[][] = []
  for (const concurrency of [1, 2]) {
    const outDir = await mkdtemp(join(tmpdir(), 'pleura-bench-'))
    const { wallMs } = await screenFiles(
      files.map((path) => ({ path, problem: null })),
      defaultSettings(outDir),
      {
        concurrency,
        force: true,
        log() {},
        onStudy() {},
      },
    )
    rows.push([
      `concurrency ${concurrency}, ${files.length} phantoms of 1024²`,
      `${((1000 * files.length) / wallMs).toFixed(1)} images/s`,
    ])
  }
  return rows
}
