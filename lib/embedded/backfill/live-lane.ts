import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { endlessWriterOf } from '../output-lock.ts'

/** Whether a `watch` or `listen` that lives has an image to screen: waiting in its queue, or under way. */
export async function isLiveBusy(liveOutDir: string): Promise<boolean> {
  if ((await endlessWriterOf(liveOutDir)) === null) return false
  for (const state of ['ready', 'taken']) {
    const names = await readdir(join(liveOutDir, '.watch', 'queue', state)).catch(() => [])
    if (names.some((name) => !name.startsWith('.'))) return true
  }
  return false
}
