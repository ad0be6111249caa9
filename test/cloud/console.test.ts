import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { APIGatewayProxyResult } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditRecord } from '../../functions/console/audit-trail.ts'
import type { ConsoleEnvironment } from '../../functions/console/environment.ts'
import { S3ObjectStore } from '../../lib/adapters/aws/s3-object-store.ts'
import { imageIdOf } from '../../lib/screening/kernel/identifiers.ts'
import { audience, claimNames, claimsOf, type Issuer, openIssuer } from '../functions/console/open-issuer.ts'
import { drawPicture } from '../functions/screen/draw-picture.ts'
import { type Cloud, createCloud } from './harness/create-cloud.ts'
import { type FaultProxy, startFaultProxy } from './harness/fault-proxy.ts'
import { deliverUploads, openPreprocessing } from './harness/run-preprocess.ts'
import { type StandIn, startStandIn } from './harness/start-stand-in.ts'
import { keysBelow, upload } from './harness/uploads.ts'
import { type BuiltWorker, buildWorker } from './worker/build-worker.ts'
import { startWorker } from './worker/start-worker.ts'

type Handler = (event: unknown, context: unknown) => Promise<APIGatewayProxyResult>

let standIn: StandIn
let proxy: FaultProxy
let cloud: Cloud
let issuer: Issuer
let worker: BuiltWorker
let handler: Handler
beforeAll(async () => {
  standIn = await startStandIn()
  proxy = await startFaultProxy(standIn.endpoint)
  issuer = await openIssuer()
  worker = await buildWorker()
  cloud = await createCloud(standIn.endpoint, { tenants: [{ id: 'north' }, { id: 'north2' }] })
  const environment: ConsoleEnvironment = {
    STUDY_BUCKET: cloud.bucket,
    TENANTS_PARAMETER_PATH: cloud.tenantsPath,
    MAXIMUM_UPLOAD_BYTES: '1000000',
    WORKLIST_DAYS: '14',
    OIDC_ISSUER: issuer.url,
    OIDC_JWKS_URI: issuer.jwksUri,
    OIDC_AUDIENCE: audience,
    OIDC_TENANT_CLAIM: claimNames.tenant,
    OIDC_ROLES_CLAIM: claimNames.roles,
    OIDC_NAME_CLAIM: claimNames.name,
  }
  Object.assign(process.env, cloud.environment, environment, { AWS_ENDPOINT_URL_S3: proxy.endpoint })
  handler = (await import('../../functions/console/main.ts')).handler as unknown as Handler
})
afterAll(async () => {
  worker.remove()
  await issuer.close()
  await proxy.stop()
  await standIn.stop()
})

interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Buffer
}

/** What API Gateway's HTTP API sends a function, payload format 2.0. */
async function ask(
  method: string,
  path: string,
  {
    tenant = 'north',
    body,
    query = '',
    headers = {},
  }: {
    tenant?: string
    body?: unknown
    query?: string
    headers?: Record<string, string>
  } = {},
): Promise<Answer> {
  const token = await issuer.sign(claimsOf(tenant))
  const { statusCode, ...answer } = await handler(
    {
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      rawQueryString: query,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        host: 'api.example',
        ...headers,
      },
      requestContext: {
        accountId: '123456789012',
        apiId: 'api',
        domainName: 'api.example',
        domainPrefix: 'api',
        http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
        requestId: 'id',
        routeKey: '$default',
        stage: '$default',
        time: '',
        timeEpoch: 0,
      },
      isBase64Encoded: false,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
    {},
  )
  return {
    status: statusCode,
    headers: answer.headers as Record<string, string>,
    body: Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8'),
  }
}

const json = async (...request: Parameters<typeof ask>) => {
  const answer = await ask(...request)
  // biome-ignore lint/suspicious/noExplicitAny: what came is asserted piece by piece
  return { status: answer.status, ...(JSON.parse(answer.body.toString()) as any) }
}

async function screenAll(): Promise<void> {
  await deliverUploads(cloud, await openPreprocessing(cloud))
  expect(await startWorker(worker.program, cloud, standIn.endpoint).ended).toBe(0)
}

const audits = async () => {
  const store = new S3ObjectStore(cloud.clients.s3, cloud.bucket)
  const keys = await keysBelow(cloud, 'audit/')
  return Promise.all(
    keys.map(async (key) => auditRecord.parse(JSON.parse(new TextDecoder().decode(await store.get(key))))),
  )
}
/** What an instance has listed stands for three seconds. */
const untilListed = () => new Promise((resolve) => setTimeout(resolve, 3_200))

describe("the console's Lambda", () => {
  let studyId: string

  it('grants an upload that goes to the bucket, and follows it to its row', async () => {
    const picture = await drawPicture(1, true)
    studyId = imageIdOf(picture)
    const granted = await json('POST', '/api/uploads', { body: { name: 'DOE^JANE.png', sizeBytes: picture.length } })
    expect(granted).toMatchObject({ status: 201, state: 'granted' })
    const { pathname, searchParams } = new URL(granted.href)
    expect(pathname).toBe(`/${cloud.bucket}/uploads/north/console/${granted.uploadId}`)
    expect(searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;host')
    expect(searchParams.get('X-Amz-Expires')).toBe('300')
    // A checksum of no bytes would be refused by S3.
    expect([...searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([])
    const follow = () => json('GET', `/api/uploads/${granted.uploadId}`)
    expect(await follow()).toMatchObject({ state: 'granted' })
    expect((await fetch(granted.href, { method: 'PUT', body: new Uint8Array(picture) })).status).toBe(200)
    expect(await follow()).toMatchObject({ state: 'screening' })
    await screenAll()
    expect(await follow()).toMatchObject({ state: 'done', studyId, rejection: null })
    const { rows, isComplete } = await json('GET', '/api/studies')
    expect(isComplete).toBe(true)
    expect(rows).toMatchObject([{ studyId, outcome: 'suspected', names: ['DOE^JANE.png'], reading: 'unread' }])
  })

  it('hands out the result, its mask, and an address of the picture that holds for a minute', async () => {
    const { result } = await json('GET', `/api/studies/${studyId}`)
    expect(result).toMatchObject({ imageId: studyId, outcome: 'suspected' })
    const mask = await ask('GET', `/api/studies/${studyId}/mask`)
    expect([mask.status, mask.body.subarray(1, 4).toString()]).toEqual([200, 'PNG'])
    const facts = await json('GET', `/api/studies/${studyId}/frame-facts`)
    const { href } = await json('GET', `/api/studies/${studyId}/frame`)
    expect(new URL(href).searchParams.get('X-Amz-Expires')).toBe('60')
    const samples = await fetch(href)
    expect(samples.headers.get('content-type')).toBe('application/octet-stream')
    expect((await samples.arrayBuffer()).byteLength).toBe(facts.rows * facts.columns * 2)
  })

  it('stores reviews and the mask that was drawn, and names their reader by the token', async () => {
    const mask = (await ask('GET', `/api/studies/${studyId}/mask`)).body.toString('base64')
    const body = { reviewer: 'typed', agreement: 'agree', pneumothorax: 'present', side: null, note: '', mask }
    const added = await json('POST', `/api/studies/${studyId}/reviews`, { body })
    expect(added).toMatchObject({ status: 201, reviewer: 'ada@example.org', outcome: 'suspected' })
    const drawn = await ask('GET', `/api/studies/${studyId}/reviews/${added.reviewId}/mask`)
    expect(drawn.body.subarray(1, 4).toString()).toBe('PNG')
    expect((await json('GET', '/api/studies')).rows).toMatchObject([{ reading: 'done', reviews: 1 }])
    expect(await keysBelow(cloud, 'reviews/')).toHaveLength(2)
  })

  it('has recorded who saw what', async () => {
    const records = await audits()
    expect(records.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['result-read', 'mask-read', 'picture-read', 'review-added', 'drawn-mask-read']),
    )
    for (const record of records)
      expect(record).toMatchObject({ tenant: 'north', imageId: studyId, subject: 'person-1' })
  })

  it.each(['', '/frame', '/frame-facts', '/mask', '/reviews', '/class-activation-map'])(
    'shows another tenant no%s',
    async (path) => {
      const before = (await audits()).length
      const { status } = await ask('GET', `/api/studies/${studyId}${path}`, { tenant: 'north2' })
      expect(status).toBe(404)
      expect(await audits()).toHaveLength(before)
    },
  )

  it('tells a cursor what has come since, and that nothing has', async () => {
    const { cursor } = await json('GET', '/api/studies')
    const same = await ask('GET', '/api/studies', { headers: { 'if-none-match': `"${cursor}"` } })
    expect(same.status).toBe(304)
    await upload(cloud, 'uploads/north/clinic/two.txt', new TextEncoder().encode('no picture'))
    await screenAll()
    await untilListed()
    const { rows, isComplete } = await json('GET', '/api/studies', { query: `since=${cursor}` })
    expect(isComplete).toBe(false)
    expect(rows).toContainEqual(expect.objectContaining({ outcome: 'not-analysed', names: ['two.txt'] }))
  })

  it('compresses what is long, where that is understood', async () => {
    const { headers, body } = await ask('GET', `/api/studies/${studyId}`, { headers: { 'accept-encoding': 'gzip' } })
    expect(headers['content-encoding']).toBe('gzip')
    expect([...body.subarray(0, 2)]).toEqual([0x1f, 0x8b])
  })

  it('shows nothing while no record can be written, and nothing half while S3 fails', async () => {
    proxy.decide = ({ method, url }) =>
      method === 'PUT' && url?.includes('/audit/') ? { kind: 'status', status: 403, code: 'AccessDenied' } : null
    const unrecorded = await ask('GET', `/api/studies/${studyId}/mask`)
    proxy.decide = () => null
    expect(unrecorded.status).toBe(503)
    expect(unrecorded.body.toString()).not.toContain('PNG')
    proxy.decide = ({ method, url }) =>
      method === 'GET' && url?.includes('mask.png') ? { kind: 'status', status: 403, code: 'AccessDenied' } : null
    const failed = await ask('GET', `/api/studies/${studyId}/mask`)
    proxy.decide = () => null
    expect([failed.status, failed.headers['content-type']]).toEqual([500, 'application/problem+json'])
  })

  it('reads no file that took the place of the one that was screened, nor one that is too large', async () => {
    const bright = await drawPicture(7, true)
    const key = 'uploads/north/clinic/later-replaced.png'
    await upload(cloud, key, bright)
    await screenAll()
    await untilListed()
    const path = `/api/studies/${imageIdOf(bright)}/frame`
    await upload(cloud, key, await drawPicture(8, true))
    expect((await ask('GET', path)).status).toBe(409)
    await cloud.clients.s3.send(
      new PutObjectCommand({ Bucket: cloud.bucket, Key: key, Body: new Uint8Array(1_000_001) }),
    )
    expect((await ask('GET', path)).status).toBe(409)
    await cloud.clients.s3.send(new DeleteObjectCommand({ Bucket: cloud.bucket, Key: key }))
    expect((await ask('GET', path)).status).toBe(409)
    await upload(cloud, key, bright)
    expect((await ask('GET', path)).status).toBe(200)
  })

  it('answers an event that is none of a browser, and one without a token', async () => {
    const event = { version: '2.0', rawPath: '/api/studies', rawQueryString: '', headers: {}, isBase64Encoded: false }
    const requestContext = { domainName: 'api.example', http: { method: 'GET', path: '/api/studies' } }
    expect(await handler({ ...event, requestContext }, {})).toMatchObject({ statusCode: 401 })
  })
})
