import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { defaultSettings } from '../../lib/embedded/screening-settings.ts'
import { StudyScreener } from '../../lib/embedded/study-screener.ts'

it('does not open with a bundle that is not the one that the profile pins', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pleura-pinned-'))
  const models = join(folder, 'models')
  await cp(join(import.meta.dirname, '../fixtures/models'), models, { recursive: true })
  const profile = JSON.parse(await readFile(join(models, 'profile.json'), 'utf8'))
  profile.segmenter.sha256 = '0'.repeat(64)
  await writeFile(join(models, 'profile.json'), JSON.stringify(profile))
  const settings = { ...defaultSettings(join(folder, 'out')), modelsFolder: models }
  const opening = StudyScreener.open(settings, { concurrency: 1, force: false, log: () => {} })
  await expect(opening).rejects.toThrow(/pins its segmenter/)
})
