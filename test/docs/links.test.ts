import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { pages, root, textOf } from './code-blocks.ts'

it.each([...pages, 'CHANGELOG.md'])('%s links to what is there', (page) => {
  const links = [...textOf(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link)
  const local = links.filter((link) => !/^(https?|mailto):/.test(link))
  // Made by `npm run api`.
  const missing = local.filter((link) => !link.includes('dist/api') && !existsSync(join(root, dirname(page), link)))
  expect(missing).toEqual([])
})
