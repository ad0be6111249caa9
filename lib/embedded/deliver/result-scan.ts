import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Finds the results of an output folder that are new, or were written again, since it last looked. */
export class ResultScan {
  readonly #outDir: string
  readonly #seen = new Map<string, string>()

  constructor(outDir: string) {
    this.#outDir = outDir
  }

  /**
   * @param tell Is told of each such image, and says whether it found the result; where not, it is told of again.
   */
  async next(tell: (imageId: string) => Promise<boolean>): Promise<void> {
    for (const imageId of await this.#folders()) {
      const version = await versionOf(join(this.#outDir, imageId, 'result.json'))
      if (version === null || this.#seen.get(imageId) === version) continue
      if (await tell(imageId)) this.#seen.set(imageId, version)
    }
  }

  async #folders(): Promise<string[]> {
    const names = await readdir(this.#outDir).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    return names.filter((name) => /^[0-9a-f]{32}$/.test(name))
  }
}

async function versionOf(file: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs } = await stat(file)
    return `${ino} ${size} ${mtimeMs}`
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}
