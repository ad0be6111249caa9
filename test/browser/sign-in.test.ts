import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SignInSettings } from '../../lib/console/contract/sign-in.ts'
import { packageRoot } from '../../lib/embedded/package-root.ts'
import { type OpenedConsole, openConsole, type StoredImage } from '../functions/console/open-console.ts'
import { claimsOf, type Issuer, openIssuer } from '../functions/console/open-issuer.ts'
import { launchBrowser } from './launch-browser.ts'
import { expectAccessible, openPage, type WatchedPage } from './open-browser.ts'

/*
 * The page as CloudFront would show it: API, bucket and issuer each where they are in AWS, behind the same policy. The
 * bucket is one in memory, the handlers are those of the Lambda.
 */

let issuer: Issuer
let console: OpenedConsole
let image: StoredImage
let servers: { close(): unknown }[]
let address: string
let browser: Browser
let watched: WatchedPage
let page: Page
/** What the issuer was told of those who signed out. */
const endedSessions: Record<string, string>[] = []

const addressOf = (server: Pick<Server, 'address'>): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<Server> {
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The issuer's page lets everybody in at once, and its endpoint of tokens asks for the verifier. */
function openSignIn(): Promise<Server> {
  let asked = new URLSearchParams()
  return listen(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://issuer')
    if (pathname === '/authorize') {
      asked = searchParams
      const back = new URL(String(asked.get('redirect_uri')))
      for (const [name, value] of Object.entries({ code: 'c', state: asked.get('state'), iss: issuer.url })) {
        back.searchParams.set(name, String(value))
      }
      response.writeHead(302, { location: back.href }).end()
      return
    }
    if (pathname === '/logout') {
      endedSessions.push(Object.fromEntries(searchParams))
      response.writeHead(302, { location: String(searchParams.get('logout_uri')) }).end()
      return
    }
    const given = new URLSearchParams((await bodyOf(request)).toString())
    const digest = createHash('sha256')
      .update(String(given.get('code_verifier')))
      .digest('base64url')
    const isRight = given.get('code') === 'c' && digest === asked.get('code_challenge')
    const id_token = await issuer.sign({ ...claimsOf('north'), nonce: asked.get('nonce') })
    response
      .writeHead(isRight ? 200 : 400, { 'access-control-allow-origin': '*', 'content-type': 'application/json' })
      .end(JSON.stringify(isRight ? { id_token, refresh_token: 'r', expires_in: 600 } : { error: 'invalid_grant' }))
  })
}

const openBucket = (): Promise<Server> =>
  listen(async (request, response) => {
    const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'content-type' }
    const key = decodeURIComponent(new URL(request.url ?? '/', 'http://bucket').pathname.slice(1))
    if (request.method === 'PUT') await console.bucket.put(key, await bodyOf(request))
    const body = request.method === 'GET' ? await console.bucket.get(key) : ''
    response.writeHead(200, { ...cors, 'access-control-allow-methods': 'GET, PUT' }).end(body)
  })

beforeAll(async () => {
  issuer = await openIssuer()
  const bucket = await openBucket()
  const signIn = await openSignIn()
  console = openConsole(issuer, ['north'], addressOf(bucket))
  // Without the example's mask, which has other pixels than this picture.
  image = await console.screen('north', 1, { changes: { segmentation: null } })
  const settings: SignInSettings = {
    issuer: issuer.url,
    authorizationEndpoint: `${addressOf(signIn)}/authorize`,
    tokenEndpoint: `${addressOf(signIn)}/token`,
    clientId: 'console',
    scope: 'openid',
    bearer: 'id_token',
    signOut: { endpoint: `${addressOf(signIn)}/logout`, backParameter: 'logout_uri' },
  }
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${addressOf(bucket)} ${addressOf(signIn)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const folder = join(packageRoot, 'dist/lib/console/page')
  const types: Record<string, string> = {
    html: 'text/html',
    js: 'text/javascript',
    css: 'text/css',
    svg: 'image/svg+xml',
  }
  const fetchPage = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/api/')) return console.app.fetch(request)
    if (pathname === '/sign-in.json') return Response.json(settings)
    const name = pathname === '/' ? 'index.html' : pathname.slice(1)
    return new Response(new Uint8Array(readFileSync(join(folder, name))), {
      headers: { 'content-type': types[name.split('.').at(-1) ?? ''], 'content-security-policy': policy },
    })
  }
  const site = await new Promise<Server>((resolve) => {
    const server = serve({ fetch: fetchPage, hostname: '127.0.0.1', port: 0 }, () => resolve(server as Server))
  })
  servers = [site, bucket, signIn]
  address = `${addressOf(site)}/`
  browser = await launchBrowser()
  watched = await openPage(browser)
  page = watched.page
})
afterAll(async () => {
  await browser?.close()
  for (const server of servers) server.close()
  await issuer.close()
})

const rows = () => page.locator('.grid-body [role=row]')

it('asks who does not carry a token to sign in, and comes back to the list', async () => {
  await page.goto(address)
  const button = page.getByRole('button', { name: 'Sign in' })
  await button.waitFor()
  await expectAccessible(page)
  await button.click()
  await expect.poll(() => rows().count(), { timeout: 30_000 }).toBe(1)
  await expect.poll(() => page.url()).toBe(address)
})

it('keeps no token where another page, or another day, could find it', async () => {
  const stored = await page.evaluate('JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])')
  expect(stored).not.toMatch(/eyJ|verifier/)
})

it('shows the picture that the bucket hands out, and has it recorded', async () => {
  await page.goto(`${address}#/studies/${image.imageId}`)
  await page.locator('.viewer canvas').first().waitFor({ timeout: 30_000 })
  const recorded = () => console.bucket.keys('audit/').map((key) => JSON.parse(console.bucket.text(key)).action)
  await expect.poll(recorded).toEqual(expect.arrayContaining(['result-read', 'picture-read']))
})

it('stores a review under the name of who is signed in', async () => {
  await page.locator('input[name=agreement][value=agree]').check()
  await page.locator('input[name=pneumothorax][value=present]').check()
  await page.locator('input[name=side][value=left]').check()
  await page.getByRole('button', { name: 'Store the review' }).click()
  await expect.poll(() => console.bucket.keys('reviews/north/').length, { timeout: 15_000 }).toBe(1)
  await page.getByText('ada@example.org').first().waitFor()
})

it('sends a file to the bucket itself', async () => {
  await page.goto(`${address}#/`)
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({
      name: 'DOE^JANE.dcm',
      mimeType: 'application/dicom',
      buffer: Buffer.from('not much of a radiograph'),
    })
  await expect.poll(() => console.bucket.keys('uploads/north/console/').length, { timeout: 15_000 }).toBe(1)
  expect(console.bucket.text(console.bucket.keys('uploads/north/console/')[0])).toBe('not much of a radiograph')
})

it('signs out, of the issuer too, and shows nothing on the way back', async () => {
  await page.goto(`${address}#/agreement`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  expect(endedSessions).toEqual([{ client_id: 'console', logout_uri: address }])
  await page.goBack()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  expect(await rows().count()).toBe(0)
})

it('asks again after a reload, and refuses an answer that nobody asked for', async () => {
  await page.goto(`${address}?code=c&state=made-up#/operations`)
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  await expect.poll(() => page.url()).toBe(address)
})

it('broke no policy of the page', () => {
  // The browser itself notes a request without a token.
  expect(watched.complaints.filter((complaint) => !complaint.includes('status of 401'))).toEqual([])
})
