import { readdir } from 'node:fs/promises'
import { isImageFolder, resultStampOf } from '../result-stamp.ts'

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
      const stamp = await resultStampOf(this.#outDir, imageId)
      if (stamp === null || this.#seen.get(imageId) === stamp) continue
      if (await tell(imageId)) this.#seen.set(imageId, stamp)
    }
  }

  async #folders(): Promise<string[]> {
    const names = await readdir(this.#outDir).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    return names.filter(isImageFolder)
  }
}
