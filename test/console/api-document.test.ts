import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import type { ConsoleBackend } from '../../lib/console/api/create-api.ts'
import { createApi, describeApi } from '../../lib/console/api/create-api.ts'

const page = join(resolve(import.meta.dirname, '../..'), 'docs/reference/console-api.json')

// Only what is asked for is read of the backend, and a description asks for nothing.
const nothing = {} as ConsoleBackend

it('the published document of the API is what its routes say (npx vitest run test/console -u writes it)', async () => {
  const described = describeApi(createApi(nothing), '1')
  await expect(`${JSON.stringify(described, null, 2)}\n`).toMatchFileSnapshot(page)
})
