import { readFile } from 'node:fs/promises'
import { StudyRejectedError } from '../../screening/kernel/errors.ts'
import type { GreyImage } from '../../screening/kernel/grey-image.ts'
import type { PixelCodecs } from '../../screening/kernel/ports.ts'
import { prepareImage } from '../../screening/prepared-image/prepare-image.ts'
import { decodeRadiograph } from '../../screening/radiograph/decode-radiograph.ts'
import { defaultSuitabilityPolicy } from '../../screening/radiograph/suitability.ts'

/** Pictures as the models see them; null for a file that cannot be read. */
export function createPictureLoader(codecs: PixelCodecs): (path: string) => Promise<GreyImage | null> {
  const policy = { ...defaultSuitabilityPolicy, minimumAgeYears: 0 }
  return async (path) => {
    try {
      return prepareImage(await decodeRadiograph(await readFile(path), codecs, policy))
    } catch (error) {
      if (error instanceof StudyRejectedError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }
}
