import { join } from 'node:path'
import { readProfile } from '../../lib/adapters/onnx/read-bundle.ts'
import { verifyGolden } from '../../lib/adapters/onnx/verify-golden.ts'
import { ConfigurationError } from '../../lib/screening/kernel/errors.ts'
import type { PixelCodecs } from '../../lib/screening/kernel/ports.ts'
import type { Cascade } from '../../lib/screening/screen.ts'

/**
 * Runs the golden files of both bundles through loaded networks.
 * @throws {ConfigurationError} when a network does not answer as it must
 */
export async function verifyCascade(modelsFolder: string, cascade: Cascade, codecs: PixelCodecs): Promise<void> {
  const profile = await readProfile(modelsFolder)
  for (const role of ['classifier', 'segmenter'] as const) {
    const { bundle, session } = cascade[role]
    const checks = await verifyGolden(join(modelsFolder, profile[role].bundle), bundle, session, codecs)
    const failed = checks.filter(({ passed }) => !passed)
    if (failed.length > 0) {
      const found = failed.map(({ golden, found }) => `${golden}: ${found}`).join('; ')
      throw new ConfigurationError(
        `Bundle ${bundle.id} does not answer its golden files (${found}). Nothing is screened: restore the bundle, or the libraries it was verified with.`,
      )
    }
  }
}
