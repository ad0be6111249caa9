import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newFolder, removeFolder } from '../embedded/console/open-console.ts'
import { openConsole } from '../functions/console/open-console.ts'
import { openIssuer } from '../functions/console/open-issuer.ts'
import { publishedDocument } from './published-document.ts'
import { tryApi } from './try-api.ts'

/*
 * The API of the console's Lambda against its document, by schemathesis: a token of an issuer, and a bucket in memory with
 * rows of every outcome.
 */

let folder: string
beforeAll(() => {
  folder = newFolder()
})
afterAll(() => removeFolder(folder))

it('holds in AWS', async () => {
  const issuer = await openIssuer()
  const lambda = openConsole(issuer)
  for (const [seed, outcome] of (['suspected', 'not-suspected', 'not-analysed'] as const).entries())
    await lambda.screen('north', seed, { outcome })
  const server = await new Promise<Server>((resolve) => {
    const listening = serve({ fetch: lambda.app.fetch, hostname: '127.0.0.1', port: 0 }, () =>
      resolve(listening as Server),
    )
  })
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { isFaultless, report } = await tryApi(
      { address, token: await issuer.sign(), document: publishedDocument('aws') },
      folder,
    )
    expect(isFaultless, report).toBe(true)
    expect(lambda.lines.filter((line) => line.includes('console-failed'))).toEqual([])
  } finally {
    server.close()
    await issuer.close()
  }
})
