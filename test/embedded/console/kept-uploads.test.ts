import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { UploadFolder } from '../../../lib/embedded/console/upload-folder.ts'

it("lists what is kept beside somebody's own file, and removes drafts when it is told to", async () => {
  const root = await mkdtemp(join(tmpdir(), 'pleura-uploads-'))
  const imageId = 'a'.repeat(32)
  await mkdir(join(root, imageId))
  await writeFile(join(root, imageId, 'chest.dcm'), 'x')
  await writeFile(join(root, 'notes.txt'), 'x')
  await writeFile(join(root, '.1.draft'), 'x')
  const kept = [{ imageId, path: join(root, imageId, 'chest.dcm') }]
  const folder = new UploadFolder(root)
  expect(await folder.list()).toEqual(kept)
  expect(await readdir(root)).toContain('.1.draft')
  await folder.removeDrafts()
  expect(await folder.list()).toEqual(kept)
  expect(await readdir(root)).not.toContain('.1.draft')
})
