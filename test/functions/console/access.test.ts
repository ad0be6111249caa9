import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { auditRecord } from '../../../functions/console/audit-trail.ts'
import { TenantStore } from '../../../functions/console/tenant-store.ts'
import { type Role, roles, routeAccess } from '../../../lib/console/api/route-access.ts'
import { packageRoot } from '../../../lib/embedded/package-root.ts'
import { type OpenedConsole, openConsole, type StoredImage } from './open-console.ts'
import { claimsOf, type Issuer, openIssuer } from './open-issuer.ts'

const published: { paths: Record<string, Record<string, { responses: Record<string, unknown> }>> } = JSON.parse(
  readFileSync(join(packageRoot, 'docs/reference/console-api.json'), 'utf8'),
)
const routes = Object.entries(published.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
)
const routesOfStudies = routes.filter((route) => route.includes('{studyId}'))
const made = '0123456789abcdef0123456789abcdef'
const uuid = 'b2c8a3de-5f64-4a07-9b3c-1f2e3d4c5b6a'

let issuer: Issuer
let console: OpenedConsole
let ours: StoredImage
let theirs: StoredImage
beforeAll(async () => {
  issuer = await openIssuer()
})
afterAll(() => issuer.close())
beforeEach(async () => {
  console = openConsole(issuer)
  ours = await console.screen('north', 1)
  theirs = await console.screen('north2', 2)
  console.bucket.asked.length = 0
})

const review = { reviewer: 'Mallory', agreement: 'agree', pneumothorax: 'absent', side: null, note: '' }
const bodies: Record<string, unknown> = {
  'POST /api/studies/{studyId}/reviews': review,
  'PUT /api/studies/{studyId}/urgency': { reader: 'Mallory', urgent: true },
  'POST /api/uploads': { name: 'chest.dcm', sizeBytes: 5 },
}

/** @param ids What stands in place of the parameters, as it is. */
async function ask(
  route: string,
  token: string | null,
  ids: { studyId?: string; uploadId?: string; reviewId?: string } = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  const [method, path] = route.split(' ')
  const { studyId = ours.imageId, uploadId = uuid, reviewId = uuid } = ids
  const filled = path.replace('{studyId}', studyId).replace('{uploadId}', uploadId).replace('{reviewId}', reviewId)
  const body = bodies[route]
  return console.app.request(`https://console.example${filled}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

const tokenOf = (tenant: string, ...named: Role[]) => issuer.sign(claimsOf(tenant, named.length > 0 ? named : roles))
const audits = () => console.bucket.keys('audit/').map((key) => auditRecord.parse(JSON.parse(console.bucket.text(key))))

describe('the table of routes', () => {
  it('has every route of the published document, and no other', () => {
    expect(Object.keys(routeAccess).sort()).toEqual([...routes].sort())
  })

  it('records every route that shows or changes something of one study', () => {
    const unrecorded = routesOfStudies.filter((route) => routeAccess[route].audit === null)
    expect(unrecorded.sort()).toEqual(['GET /api/studies/{studyId}/frame-facts', 'PUT /api/studies/{studyId}/reading'])
  })
})

describe.each(routes)('%s', (route) => {
  it('asks for a token, and touches nothing before', async () => {
    const response = await ask(route, null)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(console.bucket.asked).toEqual([])
  })

  it('lets in the roles of the table, and no others', async () => {
    for (const role of roles) {
      const response = await ask(route, await tokenOf('north', role))
      const isAllowed = routeAccess[route].roles.includes(role)
      expect(`${role} ${response.status === 403}`).toBe(`${role} ${!isAllowed}`)
    }
    expect((await ask(route, await issuer.sign(claimsOf('north', [])))).status).toBe(403)
  })

  it('lets in nobody of a tenant that is not set up, and touches nothing', async () => {
    const response = await ask(route, await tokenOf('elsewhere'))
    expect(response.status).toBe(403)
    expect(console.bucket.asked).toEqual([])
  })

  it("touches nothing but the tenant's own objects", async () => {
    await ask(route, await tokenOf('north'))
    const foreign = console.bucket.asked.filter((key) => key.split('/')[1] !== 'north')
    expect(foreign).toEqual([])
  })
})

describe.each(routesOfStudies)('%s of another tenant', (route) => {
  it('does not exist, as one that was made up does not', async () => {
    for (const tenant of ['north', 'south']) {
      const token = await tokenOf(tenant)
      const answers = []
      for (const studyId of [theirs.imageId, made]) {
        const response = await ask(route, token, { studyId }, { 'if-none-match': `"${studyId}"` })
        answers.push(`${response.status} ${(await response.text()).replaceAll(studyId, '')}`)
      }
      expect(answers[0]).toBe(answers[1])
      expect(answers[0]).toMatch(routeAccess[route].roles.length > 0 ? /^404 / : /^403 /)
    }
    expect(audits()).toEqual([])
  })

  it('cannot be reached by a crafted id', async () => {
    const token = await tokenOf('north')
    const id = theirs.imageId
    const crafted = [
      `../north2/${id}`,
      `..%2fnorth2%2f${id}`,
      `%2e%2e/north2/${id}`,
      `..%252fnorth2%252f${id}`,
      `${id}%00`,
      `${id}%0a`,
      `${id}/../${ours.imageId}`,
      `${ours.imageId}/../../north2/${id}`,
      `..\\north2\\${id}`,
      `${id}%20`,
      id.toUpperCase(),
      `${id}0`,
      'uploads',
      '%ff%fe',
      '*',
      '__proto__',
      'constructor',
      '%2f%2fevil.example',
      'x'.repeat(5000),
    ]
    for (const studyId of crafted) {
      console.bucket.asked.length = 0
      const response = await ask(route, token, { studyId })
      const text = await response.text()
      // Some are another route once the address is normalised: what they show is of the own tenant, or nothing.
      if (response.status < 400) expect(text).not.toContain(id)
      else expect([400, 403, 404, 409]).toContain(response.status)
      expect(console.bucket.asked.filter((key) => key.split('/')[1] !== 'north')).toEqual([])
      expect(text).not.toContain('DOE^JANE-2')
    }
  })
})

describe('lists', () => {
  it('of one tenant hold nothing of one whose name begins like it', async () => {
    for (const [tenant, own, other] of [
      ['north', ours, theirs],
      ['north2', theirs, ours],
    ] as const) {
      const token = await tokenOf(tenant)
      await ask('POST /api/studies/{studyId}/reviews', token, { studyId: own.imageId })
      for (const route of routes.filter((route) => route.startsWith('GET ') && !route.includes('{'))) {
        const text = await (await ask(route, token)).text()
        expect(text).not.toContain(other.imageId)
        expect(text).not.toContain(other.upload)
      }
      const list = await (await ask('GET /api/studies', token)).json()
      expect(list.rows.map(({ studyId }: { studyId: string }) => studyId)).toEqual([own.imageId])
    }
  })

  it('of uploads: an upload of one tenant is none of another', async () => {
    const granted = await (await ask('POST /api/uploads', await tokenOf('north2'))).json()
    const route = 'GET /api/uploads/{uploadId}'
    const { uploadId } = granted
    expect((await ask(route, await tokenOf('north2'), { uploadId })).status).toBe(200)
    const others = [route, 'POST /api/uploads/{uploadId}/completion', 'DELETE /api/uploads/{uploadId}']
    for (const route of others) expect((await ask(route, await tokenOf('north'), { uploadId })).status).toBe(404)
  })

  it('of masks: a drawn mask of one tenant is none of another', async () => {
    const route = 'GET /api/studies/{studyId}/reviews/{reviewId}/mask'
    const added = await ask('POST /api/studies/{studyId}/reviews', await tokenOf('north2'), { studyId: theirs.imageId })
    const { reviewId } = await added.json()
    for (const studyId of [theirs.imageId, ours.imageId]) {
      expect((await ask(route, await tokenOf('north'), { studyId, reviewId })).status).toBe(404)
    }
  })
})

describe('what is no route', () => {
  it.each([
    ['GET', '/', 404],
    ['GET', '/api', 404],
    ['GET', '/api/', 404],
    ['DELETE', `/api/studies/${made}`, 405],
    ['PUT', `/api/studies/${made}/reviews`, 405],
    ['POST', '/api/session', 404],
    ['GET', '/api/doc', 404],
    ['OPTIONS', '/api/studies', 405],
    ['TRACE', '/api/studies', 405],
    ['GET', '//api/studies', 404],
    ['GET', '/API/studies', 404],
    ['GET', '/api/studies/', 404],
  ])('%s %s is not there, and asks for a token first', async (method, path, status) => {
    const request = (headers: Record<string, string> = {}) =>
      console.app.fetch(
        new Request(`https://console.example${path}`, { method: method === 'TRACE' ? 'PATCH' : method, headers }),
      )
    expect((await request()).status).toBe(401)
    expect((await request({ authorization: `Bearer ${await tokenOf('north')}` })).status).toBe(status)
  })
})

describe('the audit trail', () => {
  it('says who saw which picture, before it is handed out, and nothing of the patient', async () => {
    const response = await ask('GET /api/studies/{studyId}/frame', await tokenOf('north', 'reader'))
    expect(response.status).toBe(200)
    const written = console.bucket.asked.findIndex((key) => key.startsWith('audit/north/2026-11-20/'))
    const decoded = console.bucket.asked.findIndex((key) => key.startsWith('frames/'))
    expect(written).toBeGreaterThan(-1)
    expect(written).toBeLessThan(decoded)
    expect(audits()).toEqual([
      {
        schemaVersion: 1,
        at: '2026-11-20T12:00:00.000Z',
        tenant: 'north',
        subject: 'person-1',
        action: 'picture-read',
        imageId: ours.imageId,
        reviewId: null,
      },
    ])
    expect(console.bucket.text(console.bucket.keys('audit/')[0])).not.toMatch(/DOE|ada@example/)
  })

  it.each(routesOfStudies.filter((route) => routeAccess[route].audit !== null))(
    'that cannot be written shows nothing: %s',
    async (route) => {
      const broken = openConsole(issuer)
      const image = await broken.screen('north', 1)
      const put = broken.bucket.put.bind(broken.bucket)
      broken.bucket.put = async (key, ...rest) => {
        if (key.startsWith('audit/')) throw new Error('DOE^JANE')
        return put(key, ...rest)
      }
      console = broken
      const response = await ask(route, await tokenOf('north'), { studyId: image.imageId })
      expect(response.status).toBe(503)
      expect(await response.text()).not.toContain(image.imageId)
      expect(broken.bucket.keys('reviews/')).toEqual([])
      expect(broken.lines.join('\n')).toContain('audit-failed')
      expect(broken.lines.join('\n')).not.toContain('DOE')
    },
  )

  it('has a record of what an image was changed by', async () => {
    await ask('POST /api/studies/{studyId}/reviews', await tokenOf('north', 'reviewer'))
    await ask('GET /api/reviews/labels.csv', await tokenOf('north', 'reviewer'))
    expect(audits().map(({ action, imageId }) => [action, imageId])).toEqual(
      expect.arrayContaining([
        ['review-added', ours.imageId],
        ['labels-exported', null],
      ]),
    )
  })
})

describe('answers', () => {
  it('carry the headers of a page that must not be read by another', async () => {
    const { headers } = await ask('GET /api/studies', await tokenOf('north'))
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('strict-transport-security')).toContain('max-age=63072000')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })

  it('and logs hold no token, no id of who was not let in, and no name of a file', async () => {
    const token = await tokenOf('elsewhere')
    await ask('GET /api/studies', token)
    await ask('GET /api/operations', await tokenOf('north', 'reader'))
    await ask('GET /api/studies', 'a.b.c')
    expect(console.lines.map((line) => JSON.parse(line).event)).toEqual(['not-let-in', 'role-missing', 'not-let-in'])
    expect(console.lines.join('\n')).not.toMatch(/DOE|elsewhere|eyJ|person-1/)
  })

  it('say that nobody can be let in while the keys of the issuer cannot be had', async () => {
    const token = await tokenOf('north')
    issuer.answer = () => ({ status: 500, body: '' })
    console = openConsole(issuer)
    const response = await ask('GET /api/studies', token)
    issuer.reset()
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('30')
  })
})

describe("a tenant's store", () => {
  it.each([
    'results/north2/x',
    'results/north',
    'results',
    'results/north/../north2/x',
    '/north/x/..',
    'results//x',
    '',
  ])('refuses %j', (key) => {
    expect(() => new TenantStore(console.bucket, 'north').own(key)).toThrow('another tenant')
  })
})
